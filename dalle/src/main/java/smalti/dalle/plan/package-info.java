/// Knowing before paying: what a transformer's training needs in parameters, operations, memory,
/// traffic and time, computed from its sizes alone, without making it.
///
/// [smalti.dalle.plan.Job] says what would be trained and [smalti.dalle.plan.Cluster] on what;
/// [smalti.dalle.plan.Plan] holds what follows. The parts: [smalti.dalle.plan.ParameterCount],
/// [smalti.dalle.plan.Operations], [smalti.dalle.plan.DeviceMemory] for the paper's training across
/// machines, [smalti.dalle.plan.EngineMemory] for this library on one,
/// [smalti.dalle.plan.CacheSize] for sampling, [smalti.dalle.plan.PowerSgd] for what is sent
/// between machines.
@NullMarked
package smalti.dalle.plan;

import org.jspecify.annotations.NullMarked;
