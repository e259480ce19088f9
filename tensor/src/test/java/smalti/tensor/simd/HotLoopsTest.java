package smalti.tensor.simd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Holds that C2 compiles the innermost loops on their own, and functions of vectors never. It
/// inlines no method of more than 325 bytes of bytecode (`FreqInlineSize`). Where it inlined the
/// loops, those around them grew past its limits, and attention took five times as long; where a
/// function is called, its vectors become objects: a logarithm of 331 bytes took four times as long
/// as one of less.
class HotLoopsTest {
  private static final int INLINED = 325;

  @ParameterizedTest
  @ValueSource(classes = {AttentionTiles.class, TileLoops.class, SixRowLoops.class, DotLoops.class})
  void innermostLoopsAreTooLongToBeInlined(Class<?> loops) throws IOException {
    List<MethodModel> kernels =
        methods(loops).stream()
            .filter(m -> m.methodType().stringValue().startsWith("([F"))
            .toList();
    assertThat(kernels).isNotEmpty();
    assertThat(kernels)
        .allSatisfy(
            m -> assertThat(length(m)).as(m.methodName().stringValue()).isGreaterThan(INLINED));
  }

  @Test
  void functionsOfVectorsAreShortEnoughToBeInlined() throws IOException {
    assertThat(methods(SimdMath.class))
        .hasSizeGreaterThan(10)
        .allSatisfy(m ->
            assertThat(length(m)).as(m.methodName().stringValue()).isLessThanOrEqualTo(INLINED));
  }

  private static List<MethodModel> methods(Class<?> type) throws IOException {
    try (InputStream in = type.getResourceAsStream(type.getSimpleName() + ".class")) {
      return ClassFile.of().parse(in.readAllBytes()).methods();
    }
  }

  private static int length(MethodModel method) {
    return method.code().map(code -> ((CodeAttribute) code).codeLength()).orElse(0);
  }
}
