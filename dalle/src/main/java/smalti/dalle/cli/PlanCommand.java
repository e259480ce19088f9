package smalti.dalle.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import smalti.dalle.plan.Cluster;
import smalti.dalle.plan.Job;
import smalti.dalle.plan.Plan;
import smalti.dalle.train.RunConfig;
import smalti.dalle.train.RunFolder;

/// Says what a training would need: `smalti plan --preset dalle-12b --gpus 1024`.
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Says what training and sampling a transformer need, and training its dVAE, before anything",
      "is paid: parameters, operations, memory, traffic between machines, time at a given rate."
    },
    footer = {
      "",
      "Examples:",
      "  smalti plan --preset dalle-12b --gpus 1024 --tflops 40",
      "  smalti plan --preset base --batch 8",
      "  smalti plan --run runs/emoji --json"
    })
final class PlanCommand implements Callable<Integer> {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .build();

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      description = {
        "dalle-12b, dalle-5.6b, dalle-2.8b: the paper's; xl, large, medium, base, small, tiny:",
        "smaller ones with its layout; shapes, emoji: what this program trains"
      })
  private @Nullable String preset;

  @Option(names = "--run", paramLabel = "RUN", description = "a run's folder instead of a preset")
  private @Nullable Path run;

  @Option(names = "--gpus", paramLabel = "N", description = "all devices (default: 1)")
  private int gpus = 1;

  @Option(
      names = "--per-machine",
      paramLabel = "N",
      description = "devices of a machine, over which parameters are sharded (default: up to 8)")
  private @Nullable Integer perMachine;

  @Option(
      names = "--memory",
      paramLabel = "GB",
      description = "memory of a device (default: ${DEFAULT-VALUE}, a V100's 16 GiB)")
  private double memory = 17.18;

  @Option(
      names = "--tflops",
      paramLabel = "R",
      description = "10^12 operations that each device really does in a second; gives the time")
  private double tflops;

  @Option(names = "--batch", paramLabel = "N", description = "pictures of the transformer's update")
  private @Nullable Integer batch;

  @Option(names = "--steps", paramLabel = "N", description = "updates of the transformer")
  private @Nullable Long steps;

  @Option(names = "--rank", paramLabel = "R", description = "PowerSGD's total rank; 0 for none")
  private @Nullable Integer rank;

  @Option(names = "--json", description = "print JSON: bytes, seconds, operations")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    if ((preset == null) == (run == null)) {
      throw new UserError("plan: give either --preset NAME or --run RUN");
    }
    Cluster cluster =
        new Cluster(
            gpus, Objects.requireNonNullElse(perMachine, Math.min(8, gpus)), memory, tflops);
    Job job = preset != null ? Job.preset(preset) : ofRun(Objects.requireNonNull(run));
    Plan plan = Plan.of(job.with(batch, steps, rank), cluster);
    if (json) {
      System.out.println(JSON.writeValueAsString(plan));
    } else {
      new PlanText(System.out, plan).print();
    }
    return 0;
  }

  /// Takes the run's own vocabulary where its tokenizer is trained.
  private static Job ofRun(Path path) throws IOException {
    RunFolder folder = RunFolder.open(path);
    RunConfig config = folder.config();
    String name = path.toString();
    return Files.exists(folder.file("tokenizer.json"))
        ? Job.of(name, config, folder.tokenizer().vocabSize())
        : Job.of(name, config);
  }
}
