//! What an upgrade does to the registered components: rows that refer to each other, and rows that an
//! operator changed.

use attune_tests::standard_packs::{greeter, watcher};
use attune_tests::{Hosts, PackBuilder, Run, World};
use rusqlite::Connection;

fn database(world: &World) -> Connection {
    Connection::open(world.root().join("state/attune.db")).unwrap()
}

/// The first column of a query; `-` for NULL.
fn column(world: &World, query: &str) -> Vec<String> {
    let database = database(world);
    let mut statement = database.prepare(query).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, Option<String>>(0)).unwrap();
    rows.map(|value| value.unwrap().unwrap_or_else(|| "-".to_owned())).collect()
}

/// An action of `lang` that `runner` runs.
fn action(name: &str, runner: &str) -> String {
    format!(
        "ref: lang.{name}\nlabel: \"{name}\"\ndescription: \"The action {name}\"\nenabled: true\n\
         runner_type: {runner}\nentry_point: {name}.lua\n"
    )
}

/// A pack that brings its own runtime, on which an action and a sensor run.
fn lang() -> PackBuilder {
    let runtime = "ref: lang.lua\nname: Lua\ndescription: \"Lua\"\nexecution_config:\n  interpreter:\n    \
                   binary: lua\n    args: []\n    file_extension: .lua\n";
    let sensor = "ref: lang.tick\nlabel: \"Tick\"\ndescription: \"Ticks\"\nenabled: true\n\
                  runner_type: lang.lua\nentry_point: tick.lua\ntrigger_types: [lang.ticked]\n";
    let trigger =
        "ref: lang.ticked\nlabel: \"Ticked\"\ndescription: \"It ticked\"\nenabled: true\ntype: custom\n";
    PackBuilder::new("lang", "1.0.0")
        .file("runtimes/lua.yaml", runtime)
        .file("actions/say.yaml", action("say", "lang.lua"))
        .program("actions/say.lua", "print('{}')\n")
        .file("actions/sing.yaml", action("sing", "lang.lua"))
        .program("actions/sing.lua", "print('{}')\n")
        .file("sensors/tick.yaml", sensor)
        .program("sensors/tick.lua", "print('tick')\n")
        .file("triggers/ticked.yaml", trigger)
}

/// A pack with a rule of its own that runs an action of `greeter`.
fn router() -> PackBuilder {
    PackBuilder::new("router", "1.0.0")
        .depends_on("greeter")
        .file(
            "triggers/ping.yaml",
            "ref: router.ping\nlabel: \"Ping\"\ndescription: \"A ping\"\nenabled: true\ntype: custom\n",
        )
        .file(
            "rules/on_ping.yaml",
            "ref: router.on_ping\nlabel: \"On Ping\"\ndescription: \"Waves\"\ntrigger_ref: router.ping\n\
             action_ref: greeter.wave\nenabled: true\nconditions: {}\naction_params: {}\n",
        )
}

#[test]
fn an_upgrade_without_the_runtime_that_its_actions_used() {
    let world = World::with_packs(&[&lang()]);
    world.install_packs(&["lang"]).succeeds();
    let runtimes = "SELECT r.ref FROM action a LEFT JOIN runtime r ON a.runtime = r.id ORDER BY a.ref";
    assert_eq!(column(&world, runtimes), ["lang.lua", "lang.lua"]);
    let sensor = "SELECT r.ref FROM sensor s JOIN runtime r ON s.runtime = r.id";
    assert_eq!(column(&world, sensor), ["lang.lua"]);
    // One action is run by something else now, the other is gone, and so is the sensor.
    let newer = lang()
        .version("1.1.0")
        .without("runtimes/lua.yaml")
        .file("actions/say.yaml", action("say", "shell"))
        .without("actions/sing.yaml")
        .without("actions/sing.lua")
        .without("sensors/tick.yaml")
        .without("sensors/tick.lua");
    world.add(&[&newer]).succeeds();
    world.install_packs(&["lang"]).succeeds();
    assert_eq!(world.installed(), ["lang 1.1.0"]);
    assert_eq!(column(&world, runtimes), ["core.shell"]);
    assert_eq!(column(&world, "SELECT ref FROM action"), ["lang.say"]);
    assert_eq!(column(&world, sensor), Vec::<String>::new());
    assert_eq!(column(&world, "SELECT ref FROM runtime WHERE pack IS NOT NULL"), Vec::<String>::new());
}

#[test]
fn rules_of_another_pack_keep_their_action() {
    let world = World::with_packs(&[&greeter(), &router()]);
    world.install_packs(&["router"]).succeeds();
    let linked = "SELECT a.ref FROM rule r LEFT JOIN action a ON r.action = a.id";
    assert_eq!(column(&world, linked), ["greeter.wave"]);
    let id = "SELECT CAST(action AS TEXT) FROM rule";
    let before = column(&world, id);
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.1.0", "router 1.0.0"]);
    assert_eq!(column(&world, linked), ["greeter.wave"]);
    assert_eq!(column(&world, id), before);
}

#[test]
fn rules_of_another_pack_find_an_action_that_comes_back() {
    let world = World::with_packs(&[&greeter(), &router()]);
    world.install_packs(&["router"]).succeeds();
    let without = greeter().version("1.1.0").without("actions/wave.yaml").without("actions/wave.sh");
    world.add(&[&without]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    let linked = "SELECT a.ref FROM rule r LEFT JOIN action a ON r.action = a.id";
    assert_eq!(column(&world, linked), ["-"]);
    assert_eq!(column(&world, "SELECT action_ref FROM rule"), ["greeter.wave"]);
    world.add(&[&greeter().version("1.2.0")]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    assert_eq!(column(&world, linked), ["greeter.wave"]);
}

#[test]
fn what_an_operator_switched_off_stays_off() {
    let world = World::with_packs(&[&watcher()]);
    world.install_packs(&["watcher"]).succeeds();
    let tables = ["rule", "sensor", "trigger"];
    for table in tables {
        let changed = database(&world).execute(&format!("UPDATE {table} SET enabled = 0"), []).unwrap();
        assert_eq!(changed, 1, "{table}");
    }
    world.add(&[&watcher().version("1.1.0")]).succeeds();
    world.install_packs(&["watcher"]).succeeds();
    assert_eq!(world.installed(), ["watcher 1.1.0"]);
    for table in tables {
        let enabled = format!("SELECT CAST(enabled AS TEXT) FROM {table}");
        assert_eq!(column(&world, &enabled), ["0"], "{table}");
    }
}

#[test]
fn what_was_made_on_the_host_stays() {
    let world = World::with_packs(&[&watcher()]);
    world.install_packs(&["watcher"]).succeeds();
    let made = database(&world).execute(
        "INSERT INTO rule (ref, pack, pack_ref, label, action_ref, trigger_ref, enabled, is_adhoc, created, \
             updated) SELECT 'watcher.mine', pack, pack_ref, 'Mine', action_ref, trigger_ref, 1, 1, created, \
             updated FROM rule",
        [],
    );
    assert_eq!(made.unwrap(), 1);
    world.add(&[&watcher().version("1.1.0")]).succeeds();
    world.install_packs(&["watcher"]).succeeds();
    let linked = "SELECT r.ref FROM rule r JOIN action a ON r.action = a.id ORDER BY r.ref";
    assert_eq!(column(&world, linked), ["watcher.mine", "watcher.on_arrival"]);
    // A release that brings a component of that name does not take it over.
    let rule = "ref: watcher.mine\nlabel: \"Theirs\"\ndescription: \"x\"\ntrigger_ref: watcher.arrived\n\
                action_ref: watcher.note\nenabled: true\n";
    world.add(&[&watcher().version("1.2.0").file("rules/mine.yaml", rule)]).succeeds();
    let before = world.root_tree().without_touched();
    world.install_packs(&["watcher"]).fails(7, &["rule `watcher.mine`", "its ref is taken"]);
    world.root_tree().without_touched().assert_same(&before);
}

/// A pack whose action has a ref of `greeter`.
fn thief() -> PackBuilder {
    let action = "ref: greeter.greet\nlabel: \"Greet\"\ndescription: \"Not a greeting\"\nenabled: true\n\
                  runner_type: shell\nentry_point: greet.sh\n";
    PackBuilder::new("thief", "1.0.0")
        .file("actions/greet.yaml", action)
        .program("actions/greet.sh", "#!/bin/sh\necho '{}'\n")
}

#[test]
fn a_component_whose_ref_is_an_installed_packs() {
    let world = World::with_packs(&[&greeter(), &thief()]);
    world.install_packs(&["greeter"]).succeeds();
    let before = world.root_tree().without_touched();
    let words = ["action `greeter.greet`", "pack `thief`", "its ref is taken"];
    world.install_packs(&["thief"]).fails(7, &words);
    world.root_tree().without_touched().assert_same(&before);
    assert_eq!(column(&world, "SELECT pack_ref FROM action WHERE ref = 'greeter.greet'"), ["greeter"]);
}

#[test]
fn a_component_whose_ref_is_that_of_a_pack_installed_with_it() {
    let publisher = World::with_packs(&[&greeter(), &thief()]);
    Hosts::new().refuse(7, &["`greeter.greet`", "its ref is taken"], |host| {
        let mut command = host.installer();
        command.args(["greeter", "thief", "--registry"]).arg(publisher.registry());
        command.arg("--trust").arg(publisher.trust());
        Run::of(command)
    });
}
