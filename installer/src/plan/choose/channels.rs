//! Packs that are asked for by a channel: `weather@stable`.

use attune_host::generation::Generation;
use attune_schemas::requirement::ChannelRequest;
use attune_schemas::{PackRef, PackRequest, Requirement};

use super::error::ChooseError;
use super::options::RegistryPolicy;
use crate::source::VerifiedSource;

/// The exact versions that the channels of `wanted` lead to, in the registries that the packs come from.
///
/// # Errors
/// A pack, or its channel, is not there; a pack that is not there is left to the resolver, which knows similar names.
pub fn channel_requests(
    wanted: &[ChannelRequest],
    policy: RegistryPolicy,
    source: &mut VerifiedSource,
    active: &Generation,
) -> Result<Vec<PackRequest>, ChooseError> {
    let own = |pack: &PackRef| {
        let installed = active.packs.get(pack).filter(|_| policy == RegistryPolicy::Keep);
        installed.map(|installed| installed.registry.as_str())
    };
    source.read_ahead(wanted.iter().map(|channel| (&channel.pack, own(&channel.pack))));
    let request = |ChannelRequest { pack, channel }: &ChannelRequest| {
        let found = source.find(pack, own(pack))?;
        let Some((_, index)) = found else {
            return Ok(PackRequest { pack: pack.clone(), requirement: Requirement::any() });
        };
        let Some(version) = index.channels.get(channel.as_str()) else {
            let there = index.channels.into_keys().map(|name| format!("`{name}`")).collect();
            return Err(ChooseError::NoChannel { pack: pack.clone(), channel: channel.clone(), there });
        };
        let requirement = Requirement::exact(version);
        Ok(PackRequest { pack: pack.clone(), requirement })
    };
    wanted.iter().map(request).collect()
}
