package smalti.tests.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smalti.autograd.Autograd;
import smalti.autograd.Variable;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.family.CausalModel;
import smalti.dalle.family.EncoderDecoder;
import smalti.dalle.sample.Sampling;
import smalti.dalle.sample.TextSampler;
import smalti.dalle.text.BpeTokenizer;
import smalti.dalle.text.BpeTrainer;
import smalti.nn.Losses;
import smalti.nn.Parameter;
import smalti.nn.init.Init;
import smalti.nn.layer.Embedding;
import smalti.nn.optim.AdamW;
import smalti.tensor.DType;
import smalti.tensor.Random;
import smalti.tensor.Shape;
import smalti.tensor.Tensor;

/// Runs the examples of the page on the relatives, and holds that it shows what runs here.
class FamilyExampleTest {
  @Test
  void aTextModelLearnsTheCaptionsOfShapes() throws IOException {
    // text: begin
    CaptionedData shapes = CaptionedData.open("shapes", 32);
    List<String> captions =
        IntStream.range(0, shapes.size()).mapToObj(i -> shapes.example(i).caption()).toList();
    String all = String.join(". ", captions);
    BpeTokenizer bpe = new BpeTrainer(512, 2).train(List.of(all)).tokenizer();
    int[] text = bpe.encode(all);

    CausalModel.Config size = new CausalModel.Config(bpe.vocabSize(), 32, 64, 2, 4, false);
    CausalModel gpt = new CausalModel(size, Random.of(1));
    AdamW adam = AdamW.adam(gpt.namedParameters());
    for (int step = 0; step < 200; step++) {
      int from = step * 512 % (text.length - 512);
      Tensor batch = Tensor.of(Arrays.copyOfRange(text, from, from + 512), 16, 32); // (B, T)
      adam.step(Autograd.backward(gpt.loss(batch)), 3e-3, 1);
    }
    TextSampler sampler = new TextSampler(gpt, new Sampling(0.8, 20, 1)); // temperature, top-k
    String more = bpe.decode(sampler.sample(bpe.encode("a large green"), 10, Random.of(1)));
    // text: end
    assertThat(more).startsWith("a large green ").containsPattern("at the (top|bottom|cent)");
  }

  @Test
  void anEncoderDecoderLearnsToReverse() {
    // reverse: begin
    EncoderDecoder.Config size = new EncoderDecoder.Config(32, 4, 1, 1, 64, true);
    EncoderDecoder model = new EncoderDecoder(size, Random.of(1));
    Embedding symbols = new Embedding(9, 32, Init.normal(1), Random.of(2)); // 8 begins a sequence
    Embedding places = new Embedding(6, 32, Init.normal(1), Random.of(3));
    Map<String, Parameter> parameters = new LinkedHashMap<>(model.namedParameters());
    parameters.put("symbols", symbols.weight());
    parameters.put("places", places.weight());
    AdamW adam = AdamW.adam(parameters);
    double last = Double.NaN;
    for (int step = 0; step < 300; step++) {
      Tensor source = Random.of(4).split(step).uniform(Shape.of(32, 6)).mul(8).to(DType.I32);
      int[] s = source.toInts();
      int[] reversed = new int[s.length];
      int[] before = new int[s.length]; // the symbol before each of these
      for (int i = 0; i < s.length; i++) {
        reversed[i] = s[i / 6 * 6 + 5 - i % 6];
        before[i] = i % 6 == 0 ? 8 : reversed[i - 1];
      }
      Variable memory = model.encode(symbols.forward(source).add(places.weight()));
      Variable target = symbols.forward(Tensor.of(before, 32, 6)).add(places.weight());
      Variable scores = model.decode(target, memory).linear(symbols.weight(), null); // (B, T, 9)
      Variable loss = Losses.crossEntropy(scores, Tensor.of(reversed, 32, 6));
      adam.step(Autograd.backward(loss), 3e-3, 1);
      last = loss.item(); // ln 8 = 2.08 by chance
    }
    // reverse: end
    assertThat(last).isLessThan(0.05);
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "reverse"})
  void thePageShowsTheCodeThatRunsHere(String example) throws IOException {
    String file = "tests/src/test/java/smalti/tests/docs/FamilyExampleTest.java";
    List<String> lines = Page.of(file).text().lines().toList();
    int begin = lines.indexOf("    // " + example + ": begin");
    int end = lines.indexOf("    // " + example + ": end");
    String code = String.join("\n", lines.subList(begin + 1, end)).stripIndent();
    assertThat(code.lines().count()).isGreaterThan(10);
    assertThat(Page.of("docs/relatives.md").text()).contains("```java\n" + code + "\n```");
  }
}
