package smalti.dalle.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Measures the kernels and models beside those of other libraries.
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = {
      "Measures kernels, training steps and sampling beside other libraries, all in one run.",
      "",
      "The peers (libtorch, OpenBLAS, EJML, ojAlgo, netlib) are fetched on first use, about 120 MB;"
          + " --peers all takes Intel's MKL too, 180 MB more, and an older libtorch that has MKL"
          + " behind it, of DJL, 115 MB more. --peers none needs none of them.",
      "",
      "With --device gpu that device is measured beside our CPU: where its time goes, and how far its"
          + " kernels are from their floor; other libraries then only with --peers."
    },
    footer = {
      "",
      "Kinds: sgemm conv attention softmax layernorm gelu xent adamw step.transformer step.dvae"
          + " sample",
      "A ratio above 1 says that ours is faster.",
      "",
      "Examples:",
      "  smalti bench --quick",
      "  smalti bench attention.320 --threads 2",
      "  smalti bench --quick --device gpu"
    })
final class BenchCommand implements Callable<Integer> {
  private static final int MOST = 1024;

  @Parameters(
      arity = "0..*",
      paramLabel = "NAME",
      description = "measure only what has one of these in its name, e.g. sgemm or attention.320")
  private List<String> filters = new ArrayList<>();

  @Option(
      names = "--quick",
      description =
          "one process each and short turns; without names only one or two of each kind, in less"
              + " than five minutes on two cores")
  private boolean quick;

  @Option(
      names = "--growth",
      description = "also how time grows with sequence length, picture size and batch")
  private boolean growth;

  @Option(
      names = "--threads",
      split = ",",
      paramLabel = "N",
      description = "numbers of threads, e.g. 1,2 (default: 1 and all cores)")
  private List<Integer> threads = new ArrayList<>();

  @Option(
      names = "--peers",
      split = ",",
      paramLabel = "PEER",
      description =
          "libtorch, openblas, mkl, djl, netlib, ejml, ojalgo, or all, or none (default: all but mkl"
              + " and djl)")
  private List<String> peers = new ArrayList<>();

  @Option(names = "--json", paramLabel = "FILE", description = "write the rows to this file too")
  private @Nullable Path json;

  @Option(
      names = "--isa",
      paramLabel = "avx2",
      description =
          "use no wider vectors than AVX2's on either side, as on a machine without AVX-512")
  private @Nullable String isa;

  @Option(
      names = "--pytorch",
      paramLabel = "PYTHON",
      description =
          "a Python whose PyTorch does the same work on the same card (default: python3, where the"
              + " card is one of NVIDIA's)")
  private @Nullable String pytorch;

  @Mixin private DeviceOption device = new DeviceOption();

  @Override
  public Integer call() throws IOException {
    check();
    Benchmarks benchmarks =
        ServiceLoader.load(Benchmarks.class)
            .findFirst()
            .orElseThrow(() ->
                new UserError(
                    "the benchmarks are not on the class path; ./smalti bench puts them there"));
    benchmarks.run(request(), System.out);
    return 0;
  }

  private void check() {
    for (int t : threads) {
      if (t < 1 || t > MOST) {
        throw new UserError("--threads must be from 1 to %d; got %d".formatted(MOST, t));
      }
    }
    if (isa != null && !isa.equals("avx2")) {
      throw new UserError("--isa must be avx2; got " + isa);
    }
    if (isa != null && !"AVX2".equals(System.getenv("ONEDNN_MAX_CPU_ISA"))) {
      throw new UserError("--isa is a matter of the launcher: use ./smalti bench --isa avx2");
    }
  }

  /// Returns what is asked for, and says which device is measured, if one is.
  ///
  /// @throws UserError if there is no such device
  Benchmarks.Request request() {
    int cores = Runtime.getRuntime().availableProcessors();
    String measured = device.chosen().orElse(null);
    if (pytorch != null && measured == null) {
      throw new UserError("--pytorch is for --device gpu: it measures the same card");
    }
    List<Integer> all = cores == 1 || measured != null ? List.of(cores) : List.of(1, cores);
    if (measured != null && peers.isEmpty()) {
      peers = List.of("none");
    }
    return new Benchmarks.Request(
        quick, growth, filters, threads.isEmpty() ? all : threads, peers, json, measured, pytorch);
  }
}
