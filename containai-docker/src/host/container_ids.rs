//! The id ranges that the containers' processes run as, one range per container.

use containai_core::layout::EngineLayout;

use super::accounts::Accounts;
use super::command::{HostCommand, HostCommandError};
use super::engine_names::CONTAINER_IDS_USER;
use super::step::SetupStep;
use super::subordinate::{CONTAINER_RANGE, IdRange, find_range};

/// Above the ids that sssd assigns to directory users (200,000 to 2,000,200,000 by default) and
/// systemd to its own containers (524,288 to 1,879,048,191); below the ids that systemd reserves
/// for foreign images (2,147,352,576 and up).
const PREFERRED_BASE: u32 = 2_000_224_256;

/// Maximum number of containers per host with their own ids at the same time.
const RANGE_COUNT: u32 = 512;

/// Returns the ids reserved for containers and the step that reserves them. `None` if too few ids
/// are free; containers then share the engine's range.
pub(super) fn plan(
    accounts: &Accounts,
    engine: [IdRange; 2],
) -> (Option<IdRange>, Option<SetupStep>) {
    let (users, groups) = (&accounts.subuids, &accounts.subgids);
    let had = (find_range(users, CONTAINER_IDS_USER), find_range(groups, CONTAINER_IDS_USER));
    let [mut taken_uids, mut taken_gids] = [accounts.taken_uids(), accounts.taken_gids()];
    taken_uids.extend(engine);
    taken_gids.extend(engine);
    let both = || [taken_uids.as_slice(), &taken_gids].concat();
    let chosen = match had {
        (Some(uids), Some(gids)) if uids == gids => return (Some(uids), None),
        (Some(uids), None) if uids.is_free(&taken_gids) => Some(uids),
        (None, Some(gids)) if gids.is_free(&taken_uids) => Some(gids),
        _ => IdRange::choose_from(PREFERRED_BASE, RANGE_COUNT * CONTAINER_RANGE, &both()),
    };
    let step = chosen.map(|range| {
        let missing = |had: Option<IdRange>| if had == Some(range) { None } else { Some(range) };
        let (uids, gids) = (missing(had.0), missing(had.1));
        SetupStep::ReserveContainerIds {
            owner: accounts.has_user(CONTAINER_IDS_USER).into(),
            uids,
            gids,
        }
    });
    (chosen, step)
}

/// Asks the installed runtime, as root, whether containers can have their own id range on this
/// kernel and on the file system of the engine's data root.
///
/// # Errors
///
/// [`HostCommandError::Failed`] with the reason if they cannot.
pub fn probe_id_ranges(layout: &EngineLayout) -> Result<(), HostCommandError> {
    let runtime = layout.runtime();
    HostCommand::new(&runtime.to_string_lossy(), &["containai-hook", "probe"]).run().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::step::IdsOwner;

    const ENGINE: IdRange = IdRange { base: 1_000_000, count: CONTAINER_RANGE };
    const RANGE: IdRange = IdRange { base: PREFERRED_BASE, count: RANGE_COUNT * CONTAINER_RANGE };

    fn check(passwd: &str, subuid: &str, subgid: &str, expected: (IdRange, Option<SetupStep>)) {
        let accounts = Accounts::parse(passwd, "", subuid, subgid);
        let (range, step) = plan(&accounts, [ENGINE; 2]);
        assert_eq!((range, step), (Some(expected.0), expected.1), "{subuid} {subgid}");
    }

    #[test]
    fn reserves_same_range_in_both_files() {
        let line = format!("{CONTAINER_IDS_USER}:{}:{}\n", RANGE.base, RANGE.count);
        let owner = format!("{CONTAINER_IDS_USER}:x:9:9::/:/bin/false\n");
        let some = Some(RANGE);
        let step = |has_owner, uids, gids| {
            Some(SetupStep::ReserveContainerIds { owner: has_owner, uids, gids })
        };
        check("", "", "", (RANGE, step(IdsOwner::Missing, some, some)));
        check(&owner, &line, &line, (RANGE, None));
        let fewer = IdRange { count: 1024 * 65_536, ..RANGE };
        let earlier = format!("{CONTAINER_IDS_USER}:{}:{}\n", fewer.base, fewer.count);
        check(&owner, &earlier, &earlier, (fewer, None));
        check(&owner, &line, "", (RANGE, step(IdsOwner::Present, None, some)));
        check(&owner, "", &line, (RANGE, step(IdsOwner::Present, some, None)));
    }

    #[test]
    fn avoids_taken_ids() {
        let next = IdRange { base: 2_000_289_792, ..RANGE };
        let step = |uids, gids| {
            Some(SetupStep::ReserveContainerIds { owner: IdsOwner::Missing, uids, gids })
        };
        let other = "me:2000224256:65536\n";
        check("", other, "", (next, step(Some(next), Some(next))));
        check("", "", other, (next, step(Some(next), Some(next))));
        check("me:x:2000224300:9::/:/bin/sh\n", "", "", (next, step(Some(next), Some(next))));
        let all = Accounts::parse("", "", "me:2000000000:147483648\n", "");
        assert_eq!(plan(&all, [ENGINE; 2]), (None, None));
    }
}
