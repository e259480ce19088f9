/// Reverse-mode differentiation over the ops of the models.
module smalti.autograd {
  requires transitive smalti.tensor;
  requires static transitive org.jspecify;

  exports smalti.autograd;
  exports smalti.autograd.op;
}
