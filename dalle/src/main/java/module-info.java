/// The text-to-image system: discrete VAE, tokenizer, transformer, data, training and the program.
///
/// Open, because picocli and Jackson fill commands and records reflectively.
open module smalti.dalle {
  requires com.fasterxml.jackson.databind;
  requires info.picocli;
  requires transitive java.desktop;
  requires static transitive org.jspecify;
  requires transitive smalti.nn;
  requires xchart;

  exports smalti.dalle.data;
  exports smalti.dalle.evaluate;
  exports smalti.dalle.family;
  exports smalti.dalle.plan;
  exports smalti.dalle.sample;
  exports smalti.dalle.text;
  exports smalti.dalle.tokens;
  exports smalti.dalle.train;
  exports smalti.dalle.transformer;
  exports smalti.dalle.vae;

  uses smalti.dalle.cli.Benchmarks;
}
