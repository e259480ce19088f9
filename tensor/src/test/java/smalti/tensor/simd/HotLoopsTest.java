package smalti.tensor.simd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Holds that C2 compiles the innermost loops on their own. It inlines no method of more than 325
/// bytes of bytecode (`FreqInlineSize`). Where it did, loops around them grew past its limits, and
/// attention took five times as long.
class HotLoopsTest {
  private static final int INLINED = 325;

  @ParameterizedTest
  @ValueSource(classes = {AttentionTiles.class, TileLoops.class, SixRowLoops.class, DotLoops.class})
  void innermostLoopsAreTooLongToBeInlined(Class<?> loops) throws IOException {
    List<MethodModel> methods;
    try (InputStream in = loops.getResourceAsStream(loops.getSimpleName() + ".class")) {
      methods = ClassFile.of().parse(in.readAllBytes()).methods();
    }
    List<MethodModel> kernels =
        methods.stream().filter(m -> m.methodType().stringValue().startsWith("([F")).toList();
    assertThat(kernels).isNotEmpty();
    assertThat(kernels)
        .allSatisfy(
            m -> assertThat(length(m)).as(m.methodName().stringValue()).isGreaterThan(INLINED));
  }

  private static int length(MethodModel method) {
    return method.code().map(code -> ((CodeAttribute) code).codeLength()).orElse(0);
  }
}
