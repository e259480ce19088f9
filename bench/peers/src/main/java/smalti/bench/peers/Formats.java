package smalti.bench.peers;

import java.util.List;
import smalti.bench.Task;

/// Is work on images in two memory formats, the faster of which is to be measured.
final class Formats implements Task {
  private static final String CONTIGUOUS = "contiguous";
  private static final String CHANNELS_LAST = "channels last";

  private final Task contiguous;
  private final Task channelsLast;
  private Task chosen;

  Formats(Task contiguous, Task channelsLast) {
    this.contiguous = contiguous;
    this.channelsLast = channelsLast;
    this.chosen = contiguous;
  }

  @Override
  public List<String> variants() {
    return List.of(CONTIGUOUS, CHANNELS_LAST);
  }

  @Override
  public void use(String variant) {
    chosen =
        switch (variant) {
          case CONTIGUOUS -> contiguous;
          case CHANNELS_LAST -> channelsLast;
          default -> throw new IllegalArgumentException(variant);
        };
  }

  @Override
  public void run() {
    chosen.run();
  }

  @Override
  public List<float[]> results() {
    return chosen.results();
  }
}
