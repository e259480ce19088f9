/// Reverse-mode differentiation over the ops of the models.
module smalti.autograd {
  requires static transitive org.jspecify;
  requires transitive smalti.tensor;

  exports smalti.autograd;
  exports smalti.autograd.check;
  exports smalti.autograd.op;
}
