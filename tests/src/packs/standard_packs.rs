//! The packs that most tests install: a shell pack, a Python pack that depends on it, and one with
//! every kind of component.

use crate::packs::pack_builder::PackBuilder;
use crate::packs::wheel_builder::{Wheel, WheelBuilder};

/// A wheel with a module, a console script and a data file.
pub fn shout_wheel() -> Wheel {
    WheelBuilder::new("shout", "1.0.0")
        .file(
            "shout/__init__.py",
            "def shout(text):\n    return text.upper() + '!'\n\ndef main():\n    print(shout('hello'))\n",
        )
        .data_file("share/shout/words.txt", "hello\n")
        .console_script("shout", "shout:main")
        .build()
}

/// A shell pack with a test.
pub fn greeter() -> PackBuilder {
    PackBuilder::new("greeter", "1.0.0")
        .yaml("runtime_deps: [shell]\nconfig:\n  greeting: hello")
        .action("greet", "shell", "#!/bin/sh\necho '{\"greeting\": \"hello\"}'\n")
        .action("wave", "shell", "#!/bin/sh\necho '{}'\n")
        .tested_by(
            "#!/bin/sh\nset -eu\nactions/greet.sh | grep -q hello\necho 'Total Tests: 2'\necho 'Passed: 2'\n",
            30,
            "block",
        )
}

/// A Python pack with a wheel, which needs [`greeter`].
pub fn reporter() -> PackBuilder {
    PackBuilder::new("reporter", "1.0.0")
        .yaml("runtime_deps: [python]\npython: \"3.8\"")
        .depends_on("greeter@^1.0")
        .action("report", "python", "import shout\nprint(shout.shout('report'))\n")
        .wheel(&shout_wheel())
        .file("requirements.txt", "shout==1.0.0\n")
        .unittested_by(
            "import unittest\nimport shout\n\nclass ShoutTest(unittest.TestCase):\n    def test_shout(self):\n        \
             self.assertEqual(shout.shout('a'), 'A!')\n\nif __name__ == '__main__':\n    unittest.main()\n",
        )
}

/// A pack with sensors, triggers, rules, policies, a permission set and a workflow.
pub fn watcher() -> PackBuilder {
    PackBuilder::new("watcher", "1.0.0")
        .yaml("runtime_deps: [shell, python]\nconf_schema:\n  path: {type: string, default: /tmp}\nconfig: {path: /tmp}\ntags: [watch]")
        .action("note", "shell", "#!/bin/sh\necho '{}'\n")
        .file("actions/workflows/respond.workflow.yaml", RESPOND_WORKFLOW)
        .file("actions/respond.yaml", RESPOND_ACTION)
        .file(
            "sensors/spool.yaml",
            "ref: watcher.spool\nlabel: \"Spool\"\ndescription: \"Watches\"\nenabled: true\nrunner_type: python\n\
             entry_point: spool.py\ntrigger_types:\n  - watcher.arrived\n",
        )
        .program("sensors/spool.py", "print('watching')\n")
        .file(
            "triggers/arrived.yaml",
            "ref: watcher.arrived\nlabel: \"Arrived\"\ndescription: \"A file\"\nenabled: true\ntype: custom\n\
             parameters:\n  path: {type: string}\noutput:\n  name: {type: string}\n",
        )
        .file(
            "rules/on_arrival.yaml",
            "ref: watcher.on_arrival\nlabel: \"On Arrival\"\ndescription: \"Notes it\"\ntrigger_ref: watcher.arrived\n\
             action_ref: watcher.note\nenabled: true\nconditions: {}\naction_params: {}\n",
        )
        .file(
            "policies/slowly.yaml",
            "ref: watcher.slowly\nname: \"Slowly\"\ndescription: \"Two at a time\"\naction_ref: watcher.note\n\
             method: enqueue\nthreshold: 2\nparameters: []\ntags: [watch]\n",
        )
        .file(
            "permission_sets/viewer.yaml",
            "ref: watcher.viewer\nlabel: \"Viewer\"\ndescription: \"Reads\"\ngrants:\n  - resource: actions\n    \
             actions: [read]\n    constraints:\n      pack_refs: [watcher]\n",
        )
}

const RESPOND_ACTION: &str = "ref: watcher.respond\nlabel: \"Respond\"\ndescription: \"Responds\"\nenabled: true\n\
    workflow_file: workflows/respond.workflow.yaml\n";
const RESPOND_WORKFLOW: &str = "version: \"1.0.0\"\ntasks:\n  - name: note\n    action: watcher.note\n    \
    input: {}\n";
