package smalti.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import smalti.autograd.Autograd;
import smalti.autograd.Gradients;
import smalti.autograd.Variable;
import smalti.dalle.transformer.SparseTransformer;
import smalti.dalle.transformer.TransformerConfig;
import smalti.dalle.vae.DiscreteVae;
import smalti.dalle.vae.VaeConfig;
import smalti.nn.Module;
import smalti.nn.Pass;
import smalti.nn.optim.AdamW;
import smalti.nn.optim.Ema;
import smalti.nn.optim.GradientClip;
import smalti.tensor.Random;
import smalti.tensor.Tensor;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.Backends;
import smalti.tensor.io.SafeTensors;

/// Trains both models by recorded steps on the device, and on the CPU, from the same weights.
class GpuStepTest {
  private static final int STEPS = Integer.getInteger("smalti.gpu.steps", 50);

  /// Rounding grows as a training goes on, most where AdamW divides a gradient near zero by its own
  /// size: two backends of the CPU part by as much, which the test prints beside.
  private static final double LOSS_TOLERANCE = 5e-3;

  private static final double WEIGHT_TOLERANCE = 5e-2;
  private static final GpuBackend GPU = (GpuBackend) new GpuProvider().create();
  private static final Backend CPU = new CpuOf().backend();

  /// Finds the CPU's backend.
  private record CpuOf() {
    Backend backend() {
      return Backends.current();
    }
  }

  private interface Model {
    Module module();

    Variable loss(long step);
  }

  private static Model transformer() {
    TransformerConfig c =
        new TransformerConfig(
            5, 20, 4, 16, 48, 3, 4, TransformerConfig.Attention.SPARSE, 3, 0.1, 0.2);
    SparseTransformer model = new SparseTransformer(c, Random.of(3));
    return new Model() {
      @Override
      public Module module() {
        return model;
      }

      @Override
      public Variable loss(long step) {
        Random draw = Random.of(11).split(step);
        Random batch = Random.of(11).split(step % 2);
        Tensor text = ids(batch.split("text"), c.textVocabulary(), c.textLength());
        Tensor image = ids(batch.split("image"), c.imageVocabulary(), c.imageLength());
        return model.loss(text, image, Pass.training(draw.split("dropout"))).loss();
      }
    };
  }

  private static Tensor ids(Random random, int bound, int length) {
    int[] out = new int[4 * length];
    Arrays.setAll(out, i -> random.nextInt(bound));
    return Tensor.of(out, 4, length);
  }

  private static Model vae() {
    VaeConfig c =
        new VaeConfig(16, 3, 1, 16, 3, 16, 32, new VaeConfig.Scales(true, 4, 0.5, 0.5, 0.5));
    DiscreteVae model = new DiscreteVae(c, Random.of(4));
    return new Model() {
      @Override
      public Module module() {
        return model;
      }

      @Override
      public Variable loss(long step) {
        Random draw = Random.of(12).split(step);
        float[] pixels = new float[4 * 3 * 16 * 16];
        for (int i = 0; i < pixels.length; i++) {
          pixels[i] = i / 16 % 2 == 0 ? 0.2f + 0.1f * (i / 768) : draw.nextFloat();
        }
        DiscreteVae.Annealing a =
            new DiscreteVae.Annealing(Math.max(0.5, 1 - 0.01 * step), 0.5, 1, -2, false);
        return model
            .loss(Tensor.of(pixels, 4, 3, 16, 16), a, Pass.training(draw.split("noise")))
            .loss();
      }
    };
  }

  /// Trains and returns the losses; the last row is all weights.
  private static List<double[]> train(Model model) {
    List<double[]> rows = new ArrayList<>();
    AdamW adam =
        new AdamW(
            model.module().namedParameters(),
            new AdamW.Config(0.9, 0.99, 1e-8, 1e-3),
            name -> name.endsWith("weight"));
    Ema ema = new Ema(model.module(), 0.9);
    double[] losses = new double[STEPS];
    int plans = 0;
    for (int step = 0; step < STEPS; step++) {
      int now = step;
      long outBefore = GPU.device().bytesOut();
      List<Tensor> results =
          Backends.current()
              .step(() -> {
                Variable loss = model.loss(now);
                Gradients gradients = Autograd.backward(loss);
                Tensor norm = GradientClip.scalarNorm(gradients, model.module().parameters());
                adam.step(gradients, 1e-3 * (1 + now % 3), GradientClip.factor(norm, 1));
                ema.update();
                return List.of(loss.value(), norm);
              });
      losses[step] = results.getFirst().item();
      if (Backends.current() == GPU) {
        assertThat(GPU.device().bytesOut() - outBefore).as("bytes of loss and norm").isEqualTo(8);
      }
      if (step == 1) {
        plans = GPU.device().plans();
      }
    }
    assertThat(GPU.device().plans()).as("plans after the second step").isEqualTo(plans);
    rows.add(losses);
    model.module().state().values().forEach(t -> rows.add(t.toDoubles()));
    ema.state().values().forEach(t -> rows.add(t.toDoubles()));
    return rows;
  }

  /// @param batch bytes of ids or pixels in a step
  private record Maker(String name, Supplier<Model> model, long batch) {}

  private static void compare(Maker maker) {
    Model onCpu = maker.model().get();
    Map<String, Tensor> initial = new LinkedHashMap<>();
    onCpu.module().state().forEach((name, t) -> initial.put(name, t.copy()));
    List<double[]> expected = Backends.with(CPU, () -> train(onCpu));

    int before = GPU.device().plans();
    List<double[]> actual =
        Backends.with(
            GPU,
            () -> {
              Model model = maker.model().get();
              model.module().load(initial);
              return train(model);
            });
    double loss = difference(expected.subList(0, 1), actual.subList(0, 1));
    double weight = difference(expected, actual);
    // How far rounding alone leads apart: the CPU's plain loops beside its vectors.
    Model plain = maker.model().get();
    plain.module().load(initial);
    List<double[]> other = Backends.with(plainBackend(), () -> train(plain));
    double lossOfRounding = difference(expected.subList(0, 1), other.subList(0, 1));
    double weightOfRounding = difference(expected, other);
    Plan plan = Objects.requireNonNull(GPU.lastStep());
    System.out.printf(
        "%s, %d steps on %s: %d tasks in %d graphs, %d bytes in, loss within %.1e of the CPU's, "
            + "weights within %.1e; loss from %.4f to %.4f; %d plans made; "
            + "two backends of the CPU: loss within %.1e, weights within %.1e%n",
        maker.name(),
        STEPS,
        GPU.device().name(),
        plan.tasks(),
        plan.graphs().size(),
        plan.bytesIn(),
        loss,
        weight,
        actual.getFirst()[0],
        actual.getFirst()[STEPS - 1],
        GPU.device().plans() - before,
        lossOfRounding,
        weightOfRounding);
    assertThat(plan.graphs())
        .as("tasks of each graph")
        .hasSizeGreaterThan(2)
        .allMatch(n -> n > 0 && n <= 60);
    assertThat(plan.graphs().stream().mapToInt(n -> n).sum()).isEqualTo(plan.tasks());
    assertThat(plan.bytesIn())
        .as("bytes of the batch, and a few numbers for each task")
        .isBetween(maker.batch(), maker.batch() + 24L * plan.tasks());
    assertThat(loss).as("difference of losses").isLessThan(LOSS_TOLERANCE);
    assertThat(weight).as("difference of weights").isLessThan(WEIGHT_TOLERANCE);
    assertThat(actual.getFirst()[STEPS - 1]).isLessThan(actual.getFirst()[0]);
  }

  private static double difference(List<double[]> expected, List<double[]> actual) {
    double most = 0;
    for (int r = 0; r < expected.size(); r++) {
      for (int i = 0; i < expected.get(r).length; i++) {
        most = Math.max(most, Math.abs(expected.get(r)[i] - actual.get(r)[i]));
      }
    }
    return most;
  }

  private static Backend plainBackend() {
    return Backends.providers().stream()
        .filter(p -> p.name().equals("plain"))
        .findFirst()
        .orElseThrow()
        .create();
  }

  @Test
  void transformerTrainsLikeOnTheCpu() {
    compare(new Maker("transformer", GpuStepTest::transformer, 4 * 4 * (5 + 16)));
  }

  @Test
  void vaeTrainsLikeOnTheCpu() {
    compare(new Maker("dVAE", GpuStepTest::vae, 4 * 4 * 3 * 16 * 16));
  }

  @Test
  void aCheckpointMovesFromTheDeviceToTheCpuAndBack(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("model.safetensors");
    Model trained = Backends.with(GPU, GpuStepTest::transformer);
    double onDevice =
        Backends.with(
            GPU,
            () -> {
              AdamW adam =
                  new AdamW(
                      trained.module().namedParameters(),
                      new AdamW.Config(0.9, 0.99, 1e-8, 1e-3),
                      name -> true);
              adam.step(Autograd.backward(trained.loss(0)), 1e-2, 1);
              return trained.loss(1).value().item();
            });
    new SafeTensors(trained.module().state(), Map.of()).write(file);

    Map<String, Tensor> read = SafeTensors.read(file).tensors();
    Model onCpu = transformer();
    onCpu.module().load(read);
    assertThat(onCpu.loss(1).value().item()).isCloseTo(onDevice, within(1e-5));
    double back =
        Backends.with(
            GPU,
            () -> {
              Model again = transformer();
              again.module().load(read);
              return again.loss(1).value().item();
            });
    assertThat(back).isEqualTo(onDevice);
  }
}
