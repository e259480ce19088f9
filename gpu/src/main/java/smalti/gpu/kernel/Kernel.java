package smalti.gpu.kernel;

import java.util.Locale;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task6;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/// Lists the kernels. All have the same six parameters: the context; the heap, in which every
/// tensor lies; the floats and the integers of this run (scalars, ids, keys); the program, whose
/// words say what to compute; and where in the program the task's words begin.
///
/// A kernel knows no size at compile time: sizes are words of the program, and a fixed number of
/// work-groups goes over whatever there is. So each is compiled once, whatever the shapes.
///
/// The words of a task are the number of entries, then the entries. `view` stands for a base and
/// six strides, `axes` for a rank and six sizes, `scalar` for a place in the floats of the run.
public enum Kernel {
  /// `n, to, from`: copies floats of the run to the heap.
  LOAD(Elementwise::load, true),
  /// `n, scalar, axes, view`.
  FILL(Elementwise::fill, true),
  /// `n, axes, view x, view out`.
  COPYING(Elementwise::copying, true),
  /// `op, n, axes, view x, out`.
  UNARY(Elementwise::unary, true),
  /// `op, n, x, y, dOut, dx`.
  UNARY_GRAD(Elementwise::unaryGrad, true),
  /// `op, n, axes, view a, view b, out`.
  BINARY(Elementwise::binary, true),
  /// `op, n, axes, view a, view b, dOut, dx, 1 for the gradient of a`.
  BINARY_GRAD(Elementwise::binaryGrad, true),
  /// `n, axes, view condition, view a, view b, out`.
  WHERE(Elementwise::where, true),
  /// `n, x, y, scalar α, scalar β`.
  AXPBY(Elementwise::axpby, true),
  /// `n, columns, bias, y`.
  ADD_BIAS(Elementwise::addBias, true),
  /// `n, param, grad, m, v`, then the scalars β₁, 1 − β₁, β₂, 1 − β₂, step size, correction, eps,
  /// decay.
  ADAM(Elementwise::adam, true),
  /// `op, results, terms, x, out`, then rank, sizes and strides of the kept and of the reduced
  /// axes.
  REDUCE_BY_THREAD(Reductions::reduceByThread, true),
  /// As [#REDUCE_BY_THREAD].
  REDUCE_BY_GROUP(Reductions::reduceByGroup, 64, true),
  /// `rows, columns, x, out`; indices are written as floats.
  ARGMAX(Reductions::argmax, false),
  /// `batch, M, N, K`, four batch sizes, `a` and `b` each with base, four batch strides, row and
  /// column stride; out; 1 to accumulate; 1 for a bias, bias; activation or −1, its result.
  MATMUL(Matmul::matmul, 256, CpuMatmul::matmul),
  /// `kind, M, N, K, O, C, H, W, KH, KW, H′, W′, stride, padding, x, weight, dOut, out`, 1 for a
  /// bias, bias.
  CONVOLUTION(Convolution::convolution, 256, CpuConvolution::convolution),
  /// `planes, H, W, k, x, out`, 1 for the maximum, scalar factor.
  POOL(Images::pool, false),
  /// `planes, H, W, k, x, dOut, dx`.
  MAX_POOL_GRAD(Images::maxPoolGrad, false),
  /// `planes, H, W, k, x, out`, scalar factor.
  SPREAD(Images::spread, false),
  /// `rows, columns, x, out`, 1 for the logarithm.
  SOFTMAX(RowKernels::softmax, false),
  /// `rows, columns, y, dOut, dx`, 1 for the logarithm.
  SOFTMAX_GRAD(RowKernels::softmaxGrad, false),
  /// `rows, columns, x, weight, bias, out, mean, rstd, scalar eps`. Always 64 threads: the sums of
  /// so many parts are more exact.
  LAYER_NORM(RowKernels::layerNorm, 64, false),
  /// `rows, columns, x, weight, mean, rstd, dOut, dx`.
  LAYER_NORM_GRAD(RowKernels::layerNormGrad, false),
  /// `rows, columns, x, mean, rstd, dOut, dWeight, dBias`.
  LAYER_NORM_GRAD_WEIGHT(RowKernels::layerNormGradWeight, false),
  /// `rows, columns, logits, targets, loss, lse`.
  CROSS_ENTROPY(RowKernels::crossEntropy, false),
  /// `rows, columns, logits, targets, lse, dLoss, dx`.
  CROSS_ENTROPY_GRAD(RowKernels::crossEntropyGrad, false),
  /// `n, columns, weight, ids, out`.
  EMBEDDING(Indices::embedding, false),
  /// `n, columns, starts, places, dOut, dWeight`.
  EMBEDDING_GRAD(Indices::embeddingGrad, false),
  /// `n, columns, picks, x, index, out`.
  GATHER(Indices::gather, false),
  /// `rows, columns, picks, index, dOut, dx`.
  GATHER_GRAD(Indices::gatherGrad, false),
  /// `B, H, T, S, D, scalar scale, lse`, then base and three strides of q, k, v, out, then the
  /// table of tiles.
  ATTENTION(AttentionKernels::attention, 64, CpuAttention::attention),
  /// As [#ATTENTION] up to out, then the dots, then base and three strides of dOut, dq, dk, dv.
  ATTENTION_DOTS(AttentionKernels::attentionDots, false),
  /// As [#ATTENTION_DOTS], then the table of tiles.
  ATTENTION_GRAD_QUERY(AttentionKernels::attentionGradQuery, 64, CpuAttentionGrad::query),
  /// As [#ATTENTION_GRAD_QUERY]; the rows of the table are keys.
  ATTENTION_GRAD_KEY(AttentionKernels::attentionGradKey, 64, CpuAttentionGrad::key),
  /// `kind, n, key, out, x, scalar p, scalar factor`.
  RANDOM(Randoms::random, false),
  /// `rounds, out`: multiplies and adds in registers, to see how fast the device can.
  MULTIPLY_ADDS(Peak::multiplyAdds, false);

  private final Task6<KernelContext, FloatArray, FloatArray, IntArray, IntArray, IntArray> code;
  private final Task6<KernelContext, FloatArray, FloatArray, IntArray, IntArray, IntArray>
      codeOnCpu;
  private final int threads;
  private final boolean oneOnCpu;
  private final boolean joins;

  Kernel(
      Task6<KernelContext, FloatArray, FloatArray, IntArray, IntArray, IntArray> code,
      int threads,
      boolean joins) {
    this(code, code, threads, false, joins);
  }

  /// Makes a kernel with other code for a CPU, which is run by single threads.
  Kernel(
      Task6<KernelContext, FloatArray, FloatArray, IntArray, IntArray, IntArray> code,
      int threads,
      Task6<KernelContext, FloatArray, FloatArray, IntArray, IntArray, IntArray> codeOnCpu) {
    this(code, codeOnCpu, threads, true, false);
  }

  /// Makes a kernel whose groups may be of any size up to 64, a power of two.
  Kernel(
      Task6<KernelContext, FloatArray, FloatArray, IntArray, IntArray, IntArray> code,
      boolean joins) {
    this(code, code, 64, true, joins);
  }

  Kernel(
      Task6<KernelContext, FloatArray, FloatArray, IntArray, IntArray, IntArray> code,
      Task6<KernelContext, FloatArray, FloatArray, IntArray, IntArray, IntArray> codeOnCpu,
      int threads,
      boolean oneOnCpu,
      boolean joins) {
    this.code = code;
    this.codeOnCpu = codeOnCpu;
    this.threads = threads;
    this.oneOnCpu = oneOnCpu;
    this.joins = joins;
  }

  /// Returns the code.
  public Task6<KernelContext, FloatArray, FloatArray, IntArray, IntArray, IntArray> code() {
    return code;
  }

  /// Returns the code for a device that is a CPU.
  public Task6<KernelContext, FloatArray, FloatArray, IntArray, IntArray, IntArray> codeOnCpu() {
    return codeOnCpu;
  }

  /// Returns the number of threads of a work-group, where it is not one.
  public int threads() {
    return threads;
  }

  /// Returns whether work-groups have one thread on a device that is a CPU.
  public boolean oneOnCpu() {
    return oneOnCpu;
  }

  /// Returns whether one task may do several calls, which must not depend on each other.
  public boolean joins() {
    return joins;
  }

  /// Returns the name of its tasks.
  public String task() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// Does nothing but name the heap: the graph from which all others take it.
  public static void anchor(KernelContext c, FloatArray heap) {
    if (c.globalIdx == 0) {
      heap.set(0, 0f);
    }
  }
}
