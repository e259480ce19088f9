/// Reverse-mode differentiation over the ops of the models.
module smalti.autograd {
  requires static jdk.jfr; // events of ops, see Profile
  requires static transitive org.jspecify;
  requires transitive smalti.tensor;

  exports smalti.autograd;
  exports smalti.autograd.check;
  exports smalti.autograd.op;
}
