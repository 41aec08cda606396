//! The command that mends each symptom.

use std::path::Path;

use crate::cli::checks::verify::is_of_bytes;
use crate::operations::Symptom;

/// The remedy of `symptom` on `root`: a command in backticks, with what must be known of it.
pub(super) fn remedy(symptom: &Symptom, root: &Path) -> String {
    match symptom {
        Symptom::Difference(finding) if is_of_bytes(finding) => {
            "`attune-install repair --from BUNDLE|DIR|URL`".to_owned()
        }
        Symptom::Difference(_) | Symptom::ChangeUnfinished { .. } => "`attune-install repair`".to_owned(),
        Symptom::NotWritable { owner, .. } => {
            format!("change it as that user, such as `sudo -u '#{owner}' attune-install upgrade`")
        }
        Symptom::OtherOwner { expected, .. } => format!("`chown -R {expected} {}`", root.display()),
        Symptom::LittleRoom { .. } | Symptom::FewInodes { .. } => "`attune-install gc`".to_owned(),
        Symptom::ClockBehind { .. } => "`timedatectl set-ntp true`, or `date -s TIME`".to_owned(),
        Symptom::TrustExpired { .. } | Symptom::TrustExpires { .. } => {
            "`attune-install upgrade`, from a bundle or registry that was signed since".to_owned()
        }
        Symptom::TrustUnreadable { registry, .. } => format!(
            "`attune-install trust remove {registry}`, then `attune-install trust add ROOT.json` with a root obtained \
             over a channel you trust"
        ),
        Symptom::SetAside { path } => format!("`rm -r {}`, once nobody needs it", path.display()),
        Symptom::RootNoexec { mount } => format!("`mount -o remount,exec {}`", mount.display()),
        Symptom::RootReadOnly { mount } => format!("`mount -o remount,rw {}`", mount.display()),
        Symptom::ScratchNoexec { .. } => "`TMPDIR=/var/tmp attune-install test`".to_owned(),
        Symptom::MountInside { path, .. } => {
            format!("mount the whole root in one piece, and `umount {}`", path.display())
        }
        Symptom::SelinuxEnforcing => format!("`restorecon -R {}`", root.display()),
    }
}
