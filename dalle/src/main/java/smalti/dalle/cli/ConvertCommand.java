package smalti.dalle.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import smalti.tensor.io.SafeTensors;
import smalti.tensor.io.TensorFile;

/// Writes the tensors of a file as safetensors.
@Command(
    name = "convert",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes the tensors of a file of torch.save (.pt, .bin, .pkl) as safetensors, one after",
      "the other, so that large files need little memory. Names stay; integers and booleans",
      "become I32; what is no tensor is left out."
    },
    footer = {"", "Example:", "  smalti convert encoder.pkl encoder.safetensors"})
final class ConvertCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "IN", description = ".pt, .bin, .pkl or safetensors")
  private Path in = Path.of("");

  @Parameters(index = "1", paramLabel = "OUT", description = "the .safetensors to write")
  private Path out = Path.of("");

  @Override
  public Integer call() throws IOException {
    if (!out.toString().endsWith(".safetensors")) {
      throw new UserError("convert: OUT must end with .safetensors; got " + out);
    }
    try (TensorFile from = TensorFile.open(in)) {
      SafeTensors.convert(from, out);
      long elements = from.entries().values().stream().mapToLong(e -> e.shape().elements()).sum();
      System.out.println(
          String.format(
              Locale.ROOT,
              "wrote %s: %,d tensors, %,d numbers",
              out,
              from.entries().size(),
              elements));
    }
    return 0;
  }
}
