package smalti.autograd.op;

/// Is an op written outside this library. Point `GradCheck` at it before use.
public non-sealed interface CustomOp extends Op {}
