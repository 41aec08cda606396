//! The sections of `docs/FORMATS.md`, and the types that each describes.

/// A section of the document, by the text it begins with, and the types it describes: file and name.
pub(super) type Section = (&'static str, &'static [(&'static str, &'static str)]);

const ENVIRONMENT_LOCK: &str = "schemas/src/environment_lock";
pub(super) const SECTIONS: &[Section] = &[
    (
        "**The file of the tokens**",
        &[("server/src/tokens/file.rs", "TokenFile"), ("server/src/tokens/file.rs", "TokenEntry")],
    ),
    (
        "**Key files**",
        &[
            ("registry/src/trust/keys/key_file.rs", "Wire"),
            ("registry/src/trust/keys/key_file.rs", "WireValue"),
        ],
    ),
    (
        "**Pack index**",
        &[
            ("schemas/src/pack_index.rs", "PackIndex"),
            ("schemas/src/pack_index.rs", "Release"),
            ("schemas/src/pack_index.rs", "ManifestPointer"),
            ("schemas/src/pack_index.rs", "Requires"),
        ],
    ),
    (
        "**Runtime index**",
        &[
            ("schemas/src/runtime_index.rs", "RuntimeIndex"),
            ("schemas/src/runtime_index.rs", "RuntimeRelease"),
            ("schemas/src/runtime_index.rs", "RuntimeLink"),
            ("schemas/src/pack_index.rs", "ManifestPointer"),
        ],
    ),
    (
        "**Pack config**",
        &[
            ("schemas/src/pack_config.rs", "PackConfig"),
            ("schemas/src/pack", "PackMetadata"),
            ("schemas/src/component", "ComponentSummary"),
            (ENVIRONMENT_LOCK, "Footprint"),
            (ENVIRONMENT_LOCK, "EnvironmentLocks"),
            (ENVIRONMENT_LOCK, "PythonLock"),
            (ENVIRONMENT_LOCK, "ManifestFile"),
            (ENVIRONMENT_LOCK, "PythonTarget"),
            (ENVIRONMENT_LOCK, "BlockedTarget"),
            (ENVIRONMENT_LOCK, "LockedWheel"),
            (ENVIRONMENT_LOCK, "NodeLock"),
            (ENVIRONMENT_LOCK, "NodeTarget"),
            (ENVIRONMENT_LOCK, "BlockedPlatform"),
            (ENVIRONMENT_LOCK, "LockedNodePackage"),
            (ENVIRONMENT_LOCK, "Overlay"),
            (ENVIRONMENT_LOCK, "BinLink"),
            ("schemas/src/origin.rs", "Origin"),
        ],
    ),
    ("## Pack set", &[("schemas/src/pack_set.rs", "PackSet"), ("schemas/src/pack_set.rs", "SetEntry")]),
    (
        "`bundle.json` (`attune.bundle/v1`",
        &[
            ("schemas/src/bundle.rs", "BundleDescription"),
            ("schemas/src/bundle.rs", "BundledRelease"),
            ("schemas/src/bundle.rs", "BundledRuntime"),
        ],
    ),
    (
        "**`store/blobs/<registry>/releases",
        &[
            ("host/src/local/originals/record.rs", "OriginalRecord"),
            ("host/src/local/originals/record.rs", "OriginalFile"),
        ],
    ),
    (
        "**`generations/<id>/generation.json`**",
        &[
            ("host/src/generation", "Generation"),
            ("host/src/generation", "InstalledPack"),
            ("host/src/generation", "KeptFile"),
            ("host/src/generation", "TestSummary"),
            ("host/src/environment", "InstalledEnvironment"),
            ("host/src/environment", "FileStamp"),
            ("host/src/machine/interpreters", "Interpreter"),
            ("host/src/machine/interpreters", "NodeInterpreter"),
        ],
    ),
    (
        "**`generations/<id>/releases/<ref>.json`**",
        &[("host/src/generation", "KeptRelease"), ("host/src/generation", "FailedEnvironment")],
    ),
    (
        "**`state/interpreters.json`**",
        &[
            ("host/src/machine/interpreters", "KeptAnswers"),
            ("host/src/machine/interpreters", "Answer"),
            ("host/src/machine/interpreters", "FileIdentity"),
        ],
    ),
    (
        "**`state/registries.json`**",
        &[
            ("host/src/preferences/registries.rs", "KnownRegistries"),
            ("host/src/preferences/registries.rs", "KnownRegistry"),
        ],
    ),
    ("**`state/policy.json`**", &[("host/src/preferences/policy.rs", "HostPolicy")]),
    ("**`staging/<id>/journal.json`**", &[("host/src/transaction", "Entries")]),
    ("**`state/trust/<registry>/policy.json`**", &[("registry/src/trust/state/policy.rs", "PolicyFile")]),
    ("**Progress** (`--progress json`", &[("terminal/src/progress/event.rs", "ProgressEvent")]),
];
