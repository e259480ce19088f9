/// Checks gradients against central differences. Point [smalti.autograd.check.GradCheck] at an op,
/// or at any function of variables, and call
/// [smalti.autograd.check.GradCheck.Result#assertCorrect()].
@NullMarked
package smalti.autograd.check;

import org.jspecify.annotations.NullMarked;
