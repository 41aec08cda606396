//! Boxes that no line connects are laid out by themselves, and put beside each other and below.

use super::columns::columns;
use super::layers::Layered;
use super::order::ordered;
use super::routes::routes;
use super::{Layout, Level, Link, Place, Size};
use crate::workflow::drawing::words::Px;

/// The space between two of them.
const APART: Px = 36;

/// The layout of `level`.
pub(in super::super) fn lay_out(level: &Level) -> Layout {
    let components = components(level);
    let mut parts: Vec<(Component, Layout)> = Vec::with_capacity(components.len());
    for component in components {
        let layered = Layered::of(&component.level);
        let rows = ordered(&layered);
        let columns = columns(&layered, &rows);
        let layout = routes(&component.level, layered, &rows, &columns);
        parts.push((component, layout));
    }
    let mut whole = Layout {
        size: Size::default(),
        boxes: vec![Place::default(); level.boxes.len()],
        routes: vec![None; level.links.len()],
        trunks: Vec::new(),
    };
    let widest = widest_row(&parts);
    let (mut corner, mut row_height) = (Place::default(), 0);
    for (component, mut layout) in parts {
        if corner.x > 0 && corner.x + layout.size.width > widest {
            corner = Place { x: 0, y: corner.y + row_height + APART };
            row_height = 0;
        }
        layout.shift(corner);
        corner.x += layout.size.width + APART;
        row_height = row_height.max(layout.size.height);
        whole.size.width = whole.size.width.max(corner.x - APART);
        whole.size.height = whole.size.height.max(corner.y + row_height);
        for (local, place) in layout.boxes.into_iter().enumerate() {
            whole.boxes[component.boxes[local]] = place;
        }
        for (local, route) in layout.routes.into_iter().enumerate() {
            whole.routes[component.links[local]] = route;
        }
        for mut trunk in layout.trunks {
            trunk.to = component.boxes[trunk.to];
            whole.trunks.push(trunk);
        }
    }
    whole
}

/// The width at which the whole is about half as wide again as high.
fn widest_row(parts: &[(Component, Layout)]) -> Px {
    let padded = |side: Px| i64::from(side + APART);
    let area: i64 = parts.iter().map(|(_, part)| padded(part.size.width) * padded(part.size.height)).sum();
    let widest = parts.iter().map(|(_, part)| part.size.width).max().unwrap_or_default();
    widest.max(Px::try_from((area * 3 / 2).isqrt()).unwrap_or(Px::MAX / 2))
}

struct Component {
    level: Level,
    /// The boxes and links of the whole, by those here.
    boxes: Vec<usize>,
    links: Vec<usize>,
}

/// The components, in the order of their first boxes.
fn components(level: &Level) -> Vec<Component> {
    let mut leader: Vec<usize> = (0..level.boxes.len()).collect();
    for link in &level.links {
        let (from, to) = (led_by(&mut leader, link.from), led_by(&mut leader, link.to));
        leader[from.max(to)] = from.min(to);
    }
    let mut components: Vec<Component> = Vec::new();
    let mut numbers = vec![(0, 0); level.boxes.len()];
    for (index, size) in level.boxes.iter().enumerate() {
        let first = led_by(&mut leader, index);
        if first == index {
            components.push(Component { level: Level::default(), boxes: Vec::new(), links: Vec::new() });
            numbers[index].0 = components.len() - 1;
        }
        let number = numbers[first].0;
        let component = &mut components[number];
        numbers[index] = (number, component.boxes.len());
        component.boxes.push(index);
        component.level.boxes.push(*size);
    }
    for (index, link) in level.links.iter().enumerate() {
        let component = &mut components[numbers[link.from].0];
        component.links.push(index);
        component.level.links.push(Link { from: numbers[link.from].1, to: numbers[link.to].1, ..*link });
    }
    components
}

fn led_by(leader: &mut [usize], mut node: usize) -> usize {
    while leader[node] != node {
        leader[node] = leader[leader[node]];
        node = leader[node];
    }
    node
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::workflow::drawing::layout::Run;

    fn level(count: usize, links: &[(usize, usize, usize)]) -> Level {
        let boxes = (0..count).map(|index| {
            let side = Px::try_from(index % 5).unwrap();
            Size { width: 80 + side * 30, height: 40 + side * 9 }
        });
        let links = links.iter().map(|(from, to, group)| Link {
            from: from % count,
            to: to % count,
            label: if group % 2 == 0 { Size::default() } else { Size { width: 60, height: 15 } },
            stub: Size { width: 50, height: 15 },
            group: group % 3,
        });
        Level { boxes: boxes.collect(), links: links.collect() }
    }

    /// The faults of a layout: boxes that overlap, and lines through boxes.
    fn faults(level: &Level, layout: &Layout) -> Vec<String> {
        let mut faults = Vec::new();
        let boxes: Vec<(Place, Size)> =
            layout.boxes.iter().copied().zip(level.boxes.iter().copied()).collect();
        for (index, (a, a_size)) in boxes.iter().enumerate() {
            for (b, b_size) in &boxes[..index] {
                let aside = a.x + a_size.width <= b.x || b.x + b_size.width <= a.x;
                let apart = a.y + a_size.height <= b.y || b.y + b_size.height <= a.y;
                if !aside && !apart {
                    faults.push(format!("boxes at {a:?} and {b:?} overlap"));
                }
            }
            if a.x < 0
                || a.y < 0
                || a.x + a_size.width > layout.size.width
                || a.y + a_size.height > layout.size.height
            {
                faults.push(format!("the box at {a:?} is outside of {:?}", layout.size));
            }
        }
        let routes = layout.routes.iter().flatten().flat_map(|route| &route.runs);
        for Run { x, top, bottom } in routes.chain(layout.trunks.iter().flat_map(|trunk| &trunk.runs)) {
            for (at, size) in &boxes {
                let crosses = *x > at.x && *x < at.x + size.width;
                if crosses && *bottom > at.y && *top < at.y + size.height {
                    faults.push(format!("the line {x} from {top} to {bottom} crosses the box at {at:?}"));
                }
            }
        }
        faults
    }

    proptest! {
        #[test]
        fn no_boxes_overlap_and_no_line_crosses_one(
            count in 1_usize..40,
            links in proptest::collection::vec((0_usize..40, 0_usize..40, 0_usize..6), 0..90),
        ) {
            let level = level(count, &links);
            let layout = lay_out(&level);
            prop_assert_eq!(faults(&level, &layout), Vec::<String>::new());
            for (link, route) in level.links.iter().zip(&layout.routes) {
                prop_assert_eq!(route.is_none(), link.from == link.to);
            }
        }
    }

    #[test]
    fn lines_of_one_kind_join_on_their_way() {
        let mut links: Vec<(usize, usize, usize)> = (0..30).map(|index| (index, index + 1, 0)).collect();
        links.extend((0..29).map(|index| (index, 31, 1)));
        let level = level(32, &links);
        let layout = lay_out(&level);
        assert_eq!(layout.trunks.iter().map(|trunk| trunk.lines).collect::<Vec<_>>(), [28]);
    }

    #[test]
    fn boxes_without_lines_stand_in_a_block() {
        let layout = lay_out(&level(100, &[]));
        assert!(layout.size.width < 3 * layout.size.height && layout.size.height < 3 * layout.size.width);
    }

    #[test]
    fn the_longest_lines_end_at_a_name_where_there_are_too_many() {
        let links: Vec<(usize, usize, usize)> = (0..2_000)
            .flat_map(|index| [(index, index + 1, 0), (index, (index * 7919) % 2_000, 0)])
            .collect();
        let layout = lay_out(&level(2_001, &links));
        let stubs =
            layout.routes.iter().flatten().filter(|route| route.end == super::super::End::Stub).count();
        assert!(stubs > 0 && stubs < 2_000, "{stubs}");
    }
}
