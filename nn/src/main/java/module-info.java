/// Neural-network modules, losses, optimizers and schedules.
module smalti.nn {
  requires transitive smalti.autograd;
  requires static transitive org.jspecify;
}
