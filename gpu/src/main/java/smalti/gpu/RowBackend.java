package smalti.gpu;

import smalti.gpu.kernel.Kernel;
import smalti.tensor.Layout;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Writes the words of the kernels on rows, with indices, and of random numbers and the optimiser.
abstract class RowBackend extends ElementBackend {
  RowBackend(Device device) {
    super(device);
  }

  static Layout layout(int length) {
    return Layout.contiguous(Shape.of(length));
  }

  private static int rows(Tensor x) {
    return x.dim(-1) == 0 ? 0 : x.elements() / x.dim(-1);
  }

  final void softmax(Tensor x, Tensor out, int logarithm) {
    if (out.elements() > 0) {
      launch(
          call(Kernel.SOFTMAX)
              .num(rows(x), x.dim(-1))
              .reads(at(x, false), x.layout())
              .writes(at(out, true), out.layout())
              .num(logarithm));
    }
  }

  final void softmaxGrad(Tensor y, Tensor dOut, Tensor dx, int logarithm) {
    if (dx.elements() > 0) {
      launch(
          call(Kernel.SOFTMAX_GRAD)
              .num(rows(y), y.dim(-1))
              .reads(at(y, false), y.layout())
              .reads(at(dOut, false), dOut.layout())
              .writes(at(dx, true), dx.layout())
              .num(logarithm));
    }
  }

  final void layerNormFloats(
      Tensor x, Tensor weight, Tensor bias, double eps, Tensor out, Tensor mean, Tensor rstd) {
    if (out.elements() > 0) {
      launch(
          call(Kernel.LAYER_NORM)
              .num(rows(x), x.dim(-1))
              .reads(at(x, false), x.layout())
              .reads(at(weight, false), weight.layout())
              .reads(at(bias, false), bias.layout())
              .writes(at(out, true), out.layout())
              .writes(at(mean, true), mean.layout())
              .writes(at(rstd, true), rstd.layout())
              .scalar(eps));
    }
  }

  final void layerNormGradFloats(
      Tensor x,
      Tensor weight,
      Tensor mean,
      Tensor rstd,
      Tensor dOut,
      Tensor dx,
      Tensor dWeight,
      Tensor dBias) {
    if (x.dim(-1) == 0) {
      return;
    }
    Call columns =
        call(Kernel.LAYER_NORM_GRAD_WEIGHT)
            .num(rows(x), x.dim(-1))
            .reads(at(x, false), x.layout())
            .reads(at(mean, false), mean.layout())
            .reads(at(rstd, false), rstd.layout())
            .reads(at(dOut, false), dOut.layout())
            .writes(at(dWeight, true), dWeight.layout())
            .writes(at(dBias, true), dBias.layout());
    Call rows =
        call(Kernel.LAYER_NORM_GRAD)
            .num(rows(x), x.dim(-1))
            .reads(at(x, false), x.layout())
            .reads(at(weight, false), weight.layout())
            .reads(at(mean, false), mean.layout())
            .reads(at(rstd, false), rstd.layout())
            .reads(at(dOut, false), dOut.layout())
            .writes(at(dx, true), dx.layout());
    launch(rows, columns);
  }

  final void crossEntropyFloats(Tensor logits, Tensor targets, Tensor loss, Tensor lse) {
    if (logits.elements() > 0) {
      launch(
          call(Kernel.CROSS_ENTROPY)
              .num(rows(logits), logits.dim(-1))
              .reads(at(logits, false), logits.layout())
              .integers(targets.toInts())
              .writes(at(loss, true), loss.layout())
              .writes(at(lse, true), lse.layout()));
    }
  }

  final void crossEntropyGradFloats(
      Tensor logits, Tensor targets, Tensor lse, Tensor dLoss, Tensor dx) {
    if (dx.elements() > 0) {
      launch(
          call(Kernel.CROSS_ENTROPY_GRAD)
              .num(rows(logits), logits.dim(-1))
              .reads(at(logits, false), logits.layout())
              .integers(targets.toInts())
              .reads(at(lse, false), lse.layout())
              .reads(at(dLoss, false), dLoss.layout())
              .writes(at(dx, true), dx.layout()));
    }
  }

  final void embeddingFloats(Tensor weight, Tensor ids, Tensor out) {
    if (out.elements() > 0) {
      launch(
          call(Kernel.EMBEDDING)
              .num(out.elements(), weight.dim(1))
              .reads(at(weight, false), weight.layout())
              .integers(ids.toInts())
              .writes(at(out, true), out.layout()));
    }
  }

  /// The host sorts the places by id, so that each row of the gradient has one owner, which sums in
  /// the order of the places.
  final void embeddingGradFloats(Tensor ids, Tensor dOut, Tensor dWeight) {
    if (dWeight.elements() == 0) {
      return;
    }
    int[] all = ids.toInts();
    int[] starts = new int[dWeight.dim(0) + 1];
    for (int id : all) {
      starts[id + 1]++;
    }
    for (int i = 0; i < dWeight.dim(0); i++) {
      starts[i + 1] += starts[i];
    }
    int[] next = starts.clone();
    int[] places = new int[Math.max(1, all.length)];
    for (int i = 0; i < all.length; i++) {
      places[next[all[i]]++] = i;
    }
    launch(
        call(Kernel.EMBEDDING_GRAD)
            .num(dWeight.elements(), dWeight.dim(1))
            .integers(starts)
            .integers(places)
            .reads(at(dOut, false), dOut.layout())
            .writes(at(dWeight, true), dWeight.layout()));
  }

  final void gatherFloats(Tensor x, Tensor index, Tensor out) {
    if (out.elements() > 0) {
      launch(
          call(Kernel.GATHER)
              .num(out.elements(), x.dim(-1), index.dim(-1))
              .reads(at(x, false), x.layout())
              .integers(index.toInts())
              .writes(at(out, true), out.layout()));
    }
  }

  final void gatherGradFloats(Tensor index, Tensor dOut, Tensor dx) {
    if (dx.elements() > 0) {
      int[] all = index.toInts();
      launch(
          call(Kernel.GATHER_GRAD)
              .num(rows(dx), dx.dim(-1), index.dim(-1))
              .integers(all.length == 0 ? new int[1] : all)
              .reads(at(dOut, false), dOut.layout())
              .writes(at(dx, true), dx.layout()));
    }
  }

  /// @param kind 0 uniform, 1 normal, 2 dropout
  final void random(int kind, long key, Tensor x, Tensor out, double p) {
    if (out.elements() == 0) {
      return;
    }
    float least = (float) p;
    if (least < p) {
      least = Math.nextUp(least); // u ≥ p in floats wherever it is so in doubles
    }
    GpuStorage to = at(out, true);
    launch(
        call(Kernel.RANDOM)
            .num(kind, out.elements())
            .integers((int) key, (int) (key >>> 32))
            .writes(to, out.layout())
            .reads(kind == 2 ? at(x, false) : to, kind == 2 ? x.layout() : out.layout())
            .scalar(least)
            .scalar(1 / (1 - p)));
  }

  final void adam(
      Tensor param,
      Tensor grad,
      double lr,
      double beta1,
      double beta2,
      double eps,
      double decay,
      long step,
      Tensor m,
      Tensor v) {
    if (param.elements() > 0) {
      launch(
          call(Kernel.ADAM)
              .num(param.elements())
              .writes(changed(param), param.layout())
              .reads(at(grad, false), grad.layout())
              .writes(changed(m), m.layout())
              .writes(changed(v), v.layout())
              .scalar(beta1)
              .scalar(1 - beta1)
              .scalar(beta2)
              .scalar(1 - beta2)
              .scalar(lr / (1 - Math.pow(beta1, step)))
              .scalar(1 / (1 - Math.pow(beta2, step)))
              .scalar(eps)
              .scalar(lr * decay));
    }
  }
}
