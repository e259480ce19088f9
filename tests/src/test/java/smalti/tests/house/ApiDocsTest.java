package smalti.tests.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExportsTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.ModuleTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/// Holds that what users of the modules see is documented: every public type, constructor, method
/// and constant of an exported package. Overriding methods inherit their text; enum constants and
/// record components are told of by their type.
class ApiDocsTest {
  private final List<String> undocumented = new ArrayList<>();
  private int looked;

  @Test
  void everyPublicMemberOfAnExportedPackageIsDocumented() throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      for (MainSources sources : MainSources.all()) {
        JavacTask task =
            (JavacTask)
                compiler.getTask(
                    null,
                    manager,
                    null,
                    List.of("-proc:none"),
                    null,
                    manager.getJavaFileObjectsFromPaths(sources.files()));
        look(task);
      }
    }
    assertThat(looked).as("public members looked at").isGreaterThan(100);
    assertThat(undocumented).as("public without a /// comment").isEmpty();
  }

  private void look(JavacTask task) throws IOException {
    List<CompilationUnitTree> units = new ArrayList<>();
    Set<String> exported = new HashSet<>();
    for (CompilationUnitTree unit : task.parse()) {
      units.add(unit);
      ModuleTree module = unit.getModule();
      if (module != null) {
        module.getDirectives().stream()
            .filter(ExportsTree.class::isInstance)
            .forEach(e -> exported.add(((ExportsTree) e).getPackageName().toString()));
      }
    }
    DocTrees docs = DocTrees.instance(task);
    for (CompilationUnitTree unit : units) {
      if (unit.getPackageName() != null && exported.contains(unit.getPackageName().toString())) {
        TreePath top = new TreePath(unit);
        for (Tree type : unit.getTypeDecls()) {
          if (type instanceof ClassTree c && isPublic(c.getModifiers(), false)) {
            lookAt(docs, new TreePath(top, c), unit.getPackageName() + "." + c.getSimpleName());
          }
        }
      }
    }
  }

  private void lookAt(DocTrees docs, TreePath path, String name) {
    need(docs, path, name);
    ClassTree type = (ClassTree) path.getLeaf();
    boolean open = type.getKind() == Tree.Kind.INTERFACE;
    for (Tree member : type.getMembers()) {
      TreePath at = new TreePath(path, member);
      switch (member) {
        case ClassTree c when isPublic(c.getModifiers(), open) ->
            lookAt(docs, at, name + "." + c.getSimpleName());
        case MethodTree m when isPublic(m.getModifiers(), open) && !overrides(m) ->
            need(docs, at, name + "#" + m.getName());
        case VariableTree v when isPublic(v.getModifiers(), open) && !isEnumConstant(type, v) ->
            need(docs, at, name + "#" + v.getName());
        default -> {}
      }
    }
  }

  private void need(DocTrees docs, TreePath path, String name) {
    looked++;
    if (docs.getDocCommentTree(path) == null) {
      undocumented.add(name);
    }
  }

  private static boolean isPublic(ModifiersTree modifiers, boolean inInterface) {
    Set<Modifier> flags = modifiers.getFlags();
    return flags.contains(Modifier.PUBLIC)
        || flags.contains(Modifier.PROTECTED)
        || (inInterface && !flags.contains(Modifier.PRIVATE));
  }

  private static boolean overrides(MethodTree method) {
    return method.getModifiers().getAnnotations().stream()
        .anyMatch(a -> a.getAnnotationType().toString().equals("Override"));
  }

  private static boolean isEnumConstant(ClassTree type, VariableTree field) {
    return type.getKind() == Tree.Kind.ENUM
        && field.getType().toString().equals(type.getSimpleName().toString());
  }
}
