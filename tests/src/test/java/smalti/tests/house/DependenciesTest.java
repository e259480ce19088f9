package smalti.tests.house;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Looks at the compiled main classes: who may use what.
class DependenciesTest {
  private static JavaClasses classes;

  @BeforeAll
  static void importMainClasses() {
    Set<String> names =
        MainSources.all().stream()
            .flatMap(sources -> sources.files().stream().map(sources::className))
            .collect(Collectors.toSet());
    classes =
        new ClassFileImporter()
            .importPackages("smalti")
            .that(describe("main class", c -> names.contains(topLevel(c).getName())));
    for (String module : MainSources.MODULES) {
      assertThat(classes.stream().filter(c -> c.getPackageName().startsWith("smalti." + module)))
          .as("main classes of %s", module)
          .hasSizeGreaterThan(1);
    }
  }

  private static JavaClass topLevel(JavaClass c) {
    JavaClass top = c;
    while (top.getEnclosingClass().isPresent()) {
      top = top.getEnclosingClass().get();
    }
    return top;
  }

  @Test
  void modulesDependOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("tensor")
        .definedBy("smalti.tensor..")
        .layer("autograd")
        .definedBy("smalti.autograd..")
        .layer("nn")
        .definedBy("smalti.nn..")
        .layer("dalle")
        .definedBy("smalti.dalle..")
        .whereLayer("dalle")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("nn")
        .mayOnlyBeAccessedByLayers("dalle")
        .whereLayer("autograd")
        .mayOnlyBeAccessedByLayers("nn", "dalle")
        .check(classes);
  }

  @Test
  void onlySimdKernelsUseTheVectorApi() {
    noClasses()
        .that()
        .resideOutsideOfPackage("smalti.tensor.simd")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.incubator.vector..")
        .check(classes);
  }

  @Test
  void librariesDoNotPrint() {
    noClasses()
        .that()
        .resideOutsideOfPackage("smalti.dalle.cli..")
        .should(ACCESS_STANDARD_STREAMS)
        .check(classes);
  }

  @Test
  void nothingUsesUnsafe() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .haveNameMatching("(sun\\.misc|jdk\\.internal\\..*)\\.Unsafe")
        .check(classes);
  }
}
