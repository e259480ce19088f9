package smalti.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import smalti.tensor.Tensor;

/// Is a part of a model: named parameters and named child modules, made in the constructor.
public abstract class Module {
  private final Map<String, Parameter> own = new LinkedHashMap<>();
  private final Map<String, Module> children = new LinkedHashMap<>();

  /// Makes an empty module.
  protected Module() {}

  /// Registers a parameter.
  ///
  /// @throws IllegalArgumentException if the name is taken
  protected final Parameter param(String name, Tensor initial) {
    claim(name);
    Parameter parameter = new Parameter(name, initial);
    own.put(name, parameter);
    return parameter;
  }

  /// Registers a child module. A name may hold dots, as in `blocks.input`.
  ///
  /// @throws IllegalArgumentException if the name is taken
  protected final <M extends Module> M child(String name, M module) {
    claim(name);
    children.put(name, module);
    return module;
  }

  private void claim(String name) {
    if (own.containsKey(name) || children.containsKey(name)) {
      throw new IllegalArgumentException("module: two parts are named " + name);
    }
  }

  /// Returns all parameters by dotted name, own ones first, in order of registration.
  ///
  /// @throws IllegalStateException if two dotted names meet, as a child `a.b` and a child `b` of a
  ///   child `a` can
  public final Map<String, Parameter> namedParameters() {
    Map<String, Parameter> all = new LinkedHashMap<>();
    visit(
        "",
        (name, p) -> {
          if (all.put(name, p) != null) {
            throw new IllegalStateException("module: two parameters are named " + name);
          }
        });
    return all;
  }

  private void visit(String prefix, BiConsumer<String, Parameter> visitor) {
    own.forEach((name, p) -> visitor.accept(prefix + name, p));
    children.forEach((name, m) -> m.visit(prefix + name + ".", visitor));
  }

  /// Returns all parameters.
  public final List<Parameter> parameters() {
    return new ArrayList<>(namedParameters().values());
  }

  /// Returns the number of trained numbers.
  public final long parameterCount() {
    return parameters().stream().mapToLong(p -> p.value().elements()).sum();
  }

  /// Returns the parameters' tensors by dotted name. They are live: training changes them.
  public final Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    namedParameters().forEach((name, p) -> state.put(name, p.value()));
    return state;
  }

  /// Copies numbers into all parameters. Nothing is changed unless every name and shape fits.
  ///
  /// @throws IllegalArgumentException if a name is missing or unknown, or a shape differs
  public final void load(Map<String, Tensor> state) {
    Map<String, Parameter> parameters = namedParameters();
    for (Map.Entry<String, Parameter> e : parameters.entrySet()) {
      Tensor numbers = state.get(e.getKey());
      if (numbers == null) {
        throw new IllegalArgumentException(
            "state: %s is missing%s".formatted(e.getKey(), similar(e.getKey(), state)));
      }
      if (!numbers.shape().equals(e.getValue().shape())) {
        throw new IllegalArgumentException(
            "state: %s has shape %s in the file, %s in the model"
                .formatted(e.getKey(), numbers.shape(), e.getValue().shape()));
      }
    }
    for (String name : state.keySet()) {
      if (!parameters.containsKey(name)) {
        throw new IllegalArgumentException("state: the model has no parameter " + name);
      }
    }
    parameters.forEach((name, p) -> p.assign(Objects.requireNonNull(state.get(name))));
  }

  private static String similar(String name, Map<String, Tensor> state) {
    String last = name.substring(name.lastIndexOf('.') + 1);
    return state.keySet().stream()
        .filter(n -> n.endsWith(last))
        .findFirst()
        .map(n -> "; the file has e.g. " + n)
        .orElse("");
  }
}
