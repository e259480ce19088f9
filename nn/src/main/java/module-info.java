/// Neural-network modules, losses, optimizers and schedules.
module smalti.nn {
  requires transitive smalti.autograd;
  requires static transitive org.jspecify;

  exports smalti.nn;
  exports smalti.nn.init;
  exports smalti.nn.layer;
  exports smalti.nn.optim;
  exports smalti.nn.precision;
}
