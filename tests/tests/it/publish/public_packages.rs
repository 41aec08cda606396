//! Packages that the world uses, in environments built here: whatever they bring that does not like to be
//! linked works, and their own tests pass.

use std::path::PathBuf;

use attune_tests::{PackBuilder, Run, World};

use crate::publish::vendoring::add;

/// C extensions with libraries of their own, namespaces, a `.pth`, data, and tests that came along.
const AWKWARD: &str = "\
cryptography==50.0.2
googleapis-common-protos==1.76.0
hypothesis==6.170.15
lxml==6.1.3
numpy==2.4.6
psutil==7.2.2
pycryptodome==4.4.0
pytest==9.2.0
setuptools==80.9.0
simplejson==4.3.0
zope.event==6.2
zope.interface==8.7
zope.testing==6.2
";

/// Run by the installer in the finished environment.
const AWKWARD_TEST: &str = r#"
import datetime, importlib, pathlib, pkgutil, subprocess, sys, unittest

def modules(package):
    package = importlib.import_module(package)
    return [module.name for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]

class Awkward(unittest.TestCase):
    def suite(self, *packages):
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--pyargs", *packages]
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])
        self.assertIn(" passed", done.stdout)

    def test_suite_of_numpy(self):
        self.suite("numpy.linalg", "numpy.fft")

    def test_suite_of_simplejson(self):
        self.suite("simplejson.tests")

    def test_suite_of_zope_interface(self):
        self.suite("zope.interface")

    def test_cryptography(self):
        from cryptography import x509
        from cryptography.fernet import Fernet
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import rsa
        fernet = Fernet(Fernet.generate_key())
        self.assertEqual(fernet.decrypt(fernet.encrypt(b"secret")), b"secret")
        key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "plant")])
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(1))
        certificate = builder.sign(key, hashes.SHA256())
        certificate.verify_directly_issued_by(certificate)

    def test_lxml(self):
        from lxml import etree, html, isoschematron
        sheet = "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'><xsl:template match='/'><b><xsl:value-of select='a'/></b></xsl:template></xsl:stylesheet>"
        self.assertEqual(etree.XSLT(etree.XML(sheet))(etree.XML("<a>x</a>")).getroot().text, "x")
        self.assertEqual(html.fromstring("<p>y</p>").text, "y")
        # Reads stylesheets that lie beside its modules.
        schema = "<schema xmlns='http://purl.oclc.org/dsdl/schematron'><pattern id='p'><rule context='a'><assert test='b'/></rule></pattern></schema>"
        schematron = isoschematron.Schematron(etree.XML(schema))
        self.assertTrue(schematron.validate(etree.XML("<a><b/></a>")))
        self.assertFalse(schematron.validate(etree.XML("<a/>")))

    def test_pycryptodome(self):
        from Crypto.Cipher import AES
        cipher = AES.new(b"k" * 16, AES.MODE_GCM, nonce=b"n" * 12)
        self.assertEqual(AES.new(b"k" * 16, AES.MODE_GCM, nonce=b"n" * 12).decrypt(cipher.encrypt(b"x")), b"x")

    def test_psutil(self):
        import psutil
        self.assertGreater(psutil.Process().memory_info().rss, 0)

    def test_namespaces(self):
        from google.protobuf import timestamp_pb2
        from google.rpc import status_pb2
        import zope.event, zope.interface
        self.assertEqual(status_pb2.Status(code=3).code, 3)
        self.assertEqual(timestamp_pb2.Timestamp(seconds=1).seconds, 1)
        self.assertGreater(len(list(sys.modules["zope"].__path__)), 0)

    def test_pth(self):
        self.assertIn("_distutils_hack", sys.modules)

    def test_every_module_is_found(self):
        for package in ("cryptography", "google.rpc", "lxml", "psutil", "zope.interface"):
            self.assertGreater(len(modules(package)), 1, package)

if __name__ == "__main__":
    unittest.main()
"#;

#[test]
#[ignore = "reaches a package index"]
fn index_awkward_packages_pass_their_own_tests() {
    let world = World::with_registry();
    let pack = PackBuilder::new("awkward", "1.0.0").action("run", "python", "import numpy\n");
    let pack = pack.unittested_by(AWKWARD_TEST).file("requirements.txt", AWKWARD);
    add(&world, &pack, &[]).succeeds();
    world.bundle(&["awkward"]).succeeds();
    for mode in ["auto", "hardlink"] {
        let mut install = world.installer();
        install.arg(world.bundle_path()).arg("--trust").arg(world.trust()).args(["--link-mode", mode]);
        let run = Run::of(install).succeeds();
        assert!(run.stdout.contains("tests"), "{}", run.stdout);
        let site_packages = site_packages(&world, "awkward");
        let is_folded = |name: &str| fs_err::symlink_metadata(site_packages.join(name)).unwrap().is_symlink();
        for folded in ["cryptography", "lxml", "google/rpc", "zope/interface"] {
            assert_eq!(is_folded(folded), mode == "auto", "{mode}: {folded}");
        }
        // Its libraries lie beside it, and it looks for them there.
        assert!(!is_folded("numpy") && site_packages.join("numpy.libs").is_dir());
        for own in ["google", "zope"] {
            assert!(!is_folded(own), "{own} is shared");
        }
        fs_err::remove_dir_all(world.root()).unwrap();
    }
}

fn site_packages(world: &World, pack: &str) -> PathBuf {
    let library = world.root().join("packenvs").join(pack).join("python/lib");
    let mut versions = fs_err::read_dir(library).unwrap();
    versions.next().unwrap().unwrap().path().join("site-packages")
}

/// What public packs require, as they have it.
const PUBLIC: [(&str, &str); 3] = [
    ("network", "attune-sdk>=0.3.0,<1.0.0\nnapalm==5.2.0\n"),
    ("crm", "attune-sdk[sensor]\nsf-toolkit>=0.5\nhttpx>=0.27\nPyJWT[crypto]>=2.8\n"),
    ("plain", "requests==2.31.0\nPyYAML==6.0.1\n"),
];

/// Imports every top-level module of every distribution.
const IMPORTS: &str = r"
import importlib, importlib.metadata, unittest

class Imports(unittest.TestCase):
    def test_imports(self):
        files = [file for one in importlib.metadata.distributions() for file in one.files or []]
        modules = {file.name.split('.')[0] for file in files if len(file.parts) == 1 and file.suffix in ('.py', '.so')}
        packages = {file.parts[0] for file in files if len(file.parts) > 1 and file.suffix == '.py'}
        names = sorted(name for name in modules | packages if name.isidentifier())
        self.assertGreater(len(names), 3)
        for name in names:
            with self.subTest(name):
                importlib.import_module(name)

    def test_files_are_there(self):
        for distribution in importlib.metadata.distributions():
            self.assertTrue(all(file.locate().exists() for file in distribution.files or []), distribution.name)
";

#[test]
#[ignore = "reaches a package index"]
fn index_what_public_packs_require_is_installed_whole() {
    let world = World::with_registry();
    for (name, requirements) in PUBLIC {
        let pack = PackBuilder::new(name, "1.0.0").action("run", "python", "print('{}')\n");
        let pack = pack.unittested_by(IMPORTS).file("requirements.txt", requirements);
        add(&world, &pack, &[]).succeeds();
    }
    world.bundle(&PUBLIC.map(|(name, _)| name)).succeeds();
    world.install_bundle().succeeds();
    assert_eq!(fs_err::read_dir(world.root().join("store/envs")).unwrap().count(), PUBLIC.len());
}
