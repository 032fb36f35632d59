"""Queries of Segment, and what they mean in our words: written by hand, side by side."""

from __future__ import annotations

USERS: tuple[tuple[str, str], ...] = (
    # events and counts
    ("event('A').count() >= 1", "{performed: A}"),
    ("event('A').count() > 0", "{performed: A}"),
    ("event('A').count().at_least(1)", "{performed: A}"),
    ("event('A').count() >= 2", "{performed: A, at_least: 2}"),
    ("event('A').count() > 2", "{performed: A, at_least: 3}"),
    ("event('A').count() >= 1.5", "{performed: A, at_least: 2}"),
    ("event('A').count() = 0", "{not_performed: A}"),
    ("event('A').count() <= 0", "{not_performed: A}"),
    ("event('A').count() < 1", "{not_performed: A}"),
    ("event('A').count() == 3", "{performed: A, exactly: 3}"),
    ("event('A').count() != 3", "{not: {performed: A, exactly: 3}}"),
    ("event('A').count() != 0", "{performed: A}"),
    ("event('A').count() <= 3", "{performed: A, at_most: 3}"),
    ("event('A').count() < '3'", "{performed: A, at_most: 2}"),
    ("event('A').count().one_of(1, 3)", "{any: [{performed: A, exactly: 1}, {performed: A, exactly: 3}]}"),
    ("event('A').count().none_of(1, 3)", "{not: {any: [{performed: A, exactly: 1}, {performed: A, exactly: 3}]}}"),
    ("event('A').count() >= 0", "everyone"),
    ("event('A').count() < 0", "{not: everyone}"),
    ("2 <= event('A').count()", "{performed: A, at_least: 2}"),
    ("NOT event('A').count() >= 1", "{not_performed: A}"),
    ("NOT event('A').count() >= 2", "{not: {performed: A, at_least: 2}}"),
    ('event("It\'s").count() >= 1', '{performed: "It\'s"}'),
    # windows and sources
    ("event('A').within(30 days).count() >= 1", "{performed: A, within: 30 days}"),
    ("event('A').within(1 hour).count() >= 1", "{performed: A, within: 1 hour}"),
    ("event('A').within(7 days).within(2 days).count() >= 1", "{performed: A, within: 2 days}"),
    ("event('A').between(7 days, 10 days).count() >= 1", "{performed: A, between: [10 days, 7 days]}"),
    (
        "event('A').sources({exclude: 'ios', 'web'}).count() >= 1",
        "{performed: A, sources: {exclude: [ios, web]}}",
    ),
    # aggregates
    ("event('A').sum(property('price')) >= 500", "{performed: A, sum: price, gte: 500}"),
    ("event('A').avg(property('price')) < '5'", "{performed: A, avg: price, lt: 5}"),
    ("event('A').max(property('price')) != 5", "{performed: A, max: price, not_equals: 5}"),
    ("event('A').min(property('k') as string) = 'b'", "{performed: A, min: k, as: text, equals: b}"),
    ("event('A').max(property('price')).exists()", "{performed: A, max: price, exists: true}"),
    ("event('A').unique(property('sku')).count() > 3", "{performed: A, unique: sku, gt: 3}"),
    ("event('A').sum(property('p')) > trait('limit')", "{performed: A, sum: p, gt: {trait: limit}}"),
    # properties
    ("event('A').where(property('p') = 'x').count() >= 1", "{performed: A, where: [{property: p, equals: x}]}"),
    ("event('A').where(property('p') = '5').count() >= 1", '{performed: A, where: [{property: p, equals: "5"}]}'),
    ("event('A').where(property('p') >= '5').count() >= 1", "{performed: A, where: [{property: p, gte: 5}]}"),
    ("event('A').where({property('p') > 100}).count() >= 1", "{performed: A, where: [{property: p, gt: 100}]}"),
    (
        "event('A').where(context('page.url').contains('/a', '/b')).count() >= 1",
        "{performed: A, where: [{context: page.url, contains_any: [/a, /b]}]}",
    ),
    (
        "event('A').where(property('p').omits('x') AND property('q').exists()).count() >= 1",
        "{performed: A, where: [{not: {property: p, contains: x}}, {property: q, exists: true}]}",
    ),
    (
        "event('A').where(property('p') = 1 OR NOT property('q') = 2).count() >= 1",
        "{performed: A, where: [{any: [{property: p, equals: 1}, {not: {property: q, equals: 2}}]}]}",
    ),
    (
        "event('A').where(property('p') >= trait('avg_spend')).count() >= 1",
        "{performed: A, where: [{property: p, gte: {trait: avg_spend}}]}",
    ),
    (
        "event('A').where(trait('avg_spend') < property('p')).count() >= 1",
        "{performed: A, where: [{property: p, gt: {trait: avg_spend}}]}",
    ),
    (r"event('A').where(property('a\\.b.c') = 1).count() >= 1", r"{performed: A, where: [{property: 'a\.b.c', equals: 1}]}"),
    (r"event('A').where(property('a\.b') = 1).count() >= 1", r"{performed: A, where: [{property: 'a\.b', equals: 1}]}"),
    (
        "event('A').where(property('products.$.sku').one_of('a', 'b')).count() >= 1",
        "{performed: A, where: [{property: products.$.sku, one_of: [a, b]}]}",
    ),
    # a trait inside of `where` is the same for every event
    (
        "event('A').where(trait('t') = 1 AND property('p') = 2).count() >= 1",
        "{all: [{trait: t, equals: 1}, {performed: A, where: [{property: p, equals: 2}]}]}",
    ),
    ("event('A').where(trait('t') = 1).count() = 0", "{any: [{not_performed: A}, {not: {trait: t, equals: 1}}]}"),
    # traits
    ("trait('plan') = 'gold'", "{trait: plan, equals: gold}"),
    ("trait('plan') != 'gold'", "{trait: plan, not_equals: gold}"),
    ("NOT trait('plan') = 'gold'", "{not: {trait: plan, equals: gold}}"),
    ("NOT (trait('plan')) = ('gold')", "{not: {trait: plan, equals: gold}}"),
    ("trait('VIP')='true'", '{trait: VIP, equals: "true"}'),
    ("trait('VIP') = true", "{trait: VIP, equals: true}"),
    ("trait('n') > -1.50", "{trait: n, gt: -1.5}"),
    ("trait('n') >= '2026-01-01T00:00:00Z'", "{trait: n, gte: 2026-01-01}"),
    ("trait('d') = 2026-01-01", "{trait: d, equals: 2026-01-01}"),
    ("trait('plan').omits('gold')", "{not: {trait: plan, contains: gold}}"),
    ("trait('plan').omits('gold', 'silver')", "{not: {trait: plan, contains_any: [gold, silver]}}"),
    ("NOT trait('plan').omits('gold')", "{trait: plan, contains: gold}"),
    ("trait('plan').contains(5)", '{trait: plan, contains: "5"}'),
    ("trait('plan').starts_with('g')", "{trait: plan, starts_with: g}"),
    ("trait('plan').ends_with('d')", "{trait: plan, ends_with: d}"),
    ("trait('plan').one_of('a', 5)", '{trait: plan, one_of: [a, "5"]}'),
    ("trait('plan').none_of(['a', 'b'])", "{trait: plan, none_of: [a, b]}"),
    ("trait('plan').one_of(trait('plans'))", "{trait: plan, one_of: {trait: plans}}"),
    ("trait('plan').exists()", "{trait: plan, exists: true}"),
    ("trait('plan').absent()", "{trait: plan, exists: false}"),
    ("trait('d').before_date('2023-12-07T18:50:00Z')", "{trait: d, before: 2023-12-07T18:50:00Z}"),
    ("trait('d').after_date(2023-12-07)", "{trait: d, after: 2023-12-07}"),
    ("trait('d').within_last(7 days)", "{trait: d, within_last: 7 days}"),
    ("trait('d').within_next(1 hour)", "{trait: d, within_next: 1 hour}"),
    ("trait('d').before_last(7 days)", "{trait: d, before_last: 7 days}"),
    ("trait('d').after_next(7 days)", "{trait: d, after_next: 7 days}"),
    ("trait('address.city') = 'Berlin'", "{trait: address.city, equals: Berlin}"),
    ("trait('custom.plan') = 1", "{trait: custom.custom.plan, equals: 1}"),
    ("5 < trait('n')", "{trait: n, gt: 5}"),
    ("trait('NO') = 'NO'", "{trait: NO, equals: NO}"),
    ("trait('n') = '007'", '{trait: n, equals: "007"}'),
    # junctions
    (
        "trait('a') = 1 OR trait('b') = 2 AND trait('c') = 3",
        "{any: [{trait: a, equals: 1}, {all: [{trait: b, equals: 2}, {trait: c, equals: 3}]}]}",
    ),
    (
        "(trait('a') = 1 OR trait('b') = 2) AND trait('c') = 3",
        "{all: [{any: [{trait: a, equals: 1}, {trait: b, equals: 2}]}, {trait: c, equals: 3}]}",
    ),
    ("NOT (trait('a') = 1 OR trait('b') = 2)", "{none: [{trait: a, equals: 1}, {trait: b, equals: 2}]}"),
    (
        "NOT ( event('A').count() >= 1 AND trait('total') > 200 )",
        "{not: {all: [{performed: A}, {trait: total, gt: 200}]}}",
    ),
    # memberships
    ("trait('vip') = true", "{in_audience: vip}"),
    ("trait('vip') = 'true'", "{in_audience: vip}"),
    ("NOT trait('vip') = true", "{not_in_audience: vip}"),
    ("trait('vip') != true", "{not_in_audience: vip}"),
    ("trait('vip') = false", "{not_in_audience: vip}"),
    ("trait('Big Accounts') = true", "{in_audience: big_accounts}"),
    ("trait('total_revenue') > 5", "{trait: total_revenue, gt: 5}"),
    # funnels
    (
        "event('A').where(event('B').within(parent: 5 days).count() >= 1).within(30 days).count() >= 1",
        "{performed: A, within: 30 days, then: [{performed: B, within: 5 days, strictly: true}]}",
    ),
    (
        "event('A').where(event('B').where(property('sku') = property(parent: 'sku')).within(parent: 1 day).count() = 0)"
        ".within(7 days).count() >= 1",
        "{performed: A, within: 7 days, then: [{not_performed: B, within: 1 day, strictly: true, wait: false, "
        "where: [{property: sku, equals: {parent: sku}}]}]}",
    ),
    (
        "event('A').where(event('B').where(property(parent: 'price') < property('price')).count() >= 1).count() >= 1",
        "{performed: A, then: [{performed: B, strictly: true, where: [{property: price, gt: {parent: price}}]}]}",
    ),
    (
        "event('A').where(property('p') = 1 AND NOT event('B').within(parent: 2 hours).count() >= 1).count() >= 2",
        "{performed: A, at_least: 2, where: [{property: p, equals: 1}], "
        "then: [{not_performed: B, within: 2 hours, strictly: true, wait: false}]}",
    ),
    (
        "event('A').where(NOT (property('p') = 1 OR event('B').count() >= 1)).count() >= 1",
        "{performed: A, where: [{not: {property: p, equals: 1}}], then: [{not_performed: B, strictly: true}]}",
    ),
    (
        "event('A').where(event('B').count() >= 1 OR event('C').between(parent: 1 day, 2 days).count() = 2).count() >= 1",
        "{performed: A, then: [{any: [{performed: B, strictly: true}, "
        "{performed: C, exactly: 2, between: [2 days, 1 day], strictly: true, wait: false}]}]}",
    ),
    (
        "event('A').where(event('B').where(event('C').within(parent: 1 day).count() >= 1).within(parent: 1 day).count() >= 1)"
        ".count() >= 1",
        "{performed: A, then: [{performed: B, within: 1 day, strictly: true, "
        "then: [{performed: C, within: 1 day, strictly: true}]}]}",
    ),
    (
        "event('A').where(event('B').within(parent: 1 day).sum(property('p')) <= 5).count() >= 1",
        "{performed: A, then: [{performed: B, sum: p, lte: 5, within: 1 day, strictly: true, wait: false}]}",
    ),
)
"""Audiences of users, beside the audiences `vip` and `Big Accounts` (of accounts) and the computed trait `total_revenue`."""

ACCOUNTS: tuple[tuple[str, str], ...] = (
    ("trait('plan') = 'business'", "{trait: plan, equals: business}"),
    ("ANY event('A').count() >= 1", "{users: any, who: {performed: A}}"),
    ("ANY (event('A').count() >= 1 AND trait('t') = 1)", "{users: any, who: {all: [{performed: A}, {trait: t, equals: 1}]}}"),
    ("ALL (event('A').count() >= 1)", "{users: all, who: {performed: A}}"),
    ("ALL NOT event('A').count() >= 1", "{users: none, who: {performed: A}}"),
    ("NOT ANY event('A').count() >= 1", "{not: {users: any, who: {performed: A}}}"),
    ("event('A').count() >= 1", "{users: any, who: {performed: A}}"),
    ("ANY trait('vip') = true", "{users: any, who: {in_audience: vip}}"),
    ("trait('vip') = true", "{users: any, who: {in_audience: vip}}"),
    ("trait('Big Accounts') = true", "{in_audience: big_accounts}"),
    ("trait('total_revenue') > 5", "{users: any, who: {trait: total_revenue, gt: 5}}"),
    (
        "ANY trait('plan') = 1 AND trait('plan') = 2",
        "{all: [{users: any, who: {trait: plan, equals: 1}}, {trait: plan, equals: 2}]}",
    ),
)
"""Audiences of accounts, beside the same."""

TRAITS: tuple[tuple[str, str], ...] = (
    ("event('A').count()", "{count: true}"),
    ("event('A').within(30 days).avg(property('spend'))", "{avg: spend, within: 30 days}"),
    ("event('A').sum(property('spend'))", "{sum: spend}"),
    ("event('A').max(property('spend') as string)", "{max: spend, as: text}"),
    (
        "event('A').where( property('price') > 100 AND property('brand') = 'My Brand' ).min(property('spend'))",
        "{min: spend, where: [{property: price, gt: 100}, {property: brand, equals: My Brand}]}",
    ),
    ("event('A').first(property('spend'))", "{first: spend}"),
    ("event('A').last(property('spend'))", "{last: spend}"),
    ("event('A').mode(property('spend'), 2)", "{most_frequent: spend}"),
    ("event('A').mode(property('spend'), 5)", "{most_frequent: spend, at_least: 5}"),
    ("event('A').mode(property('tags.$') as array, 2)", "{most_frequent: tags}"),
    ("event('A').mode(property('tags.$'), 2)", "{most_frequent: tags.$}"),
    ("event('A').unique(property('spend'))", "{unique: spend}"),
    ("event('A').unique(property('spend')).count()", "{unique_count: spend}"),
    ("event('A').expires_after(1 hour).count()", "{count: true, session: 1 hour}"),
    (
        "event('A').where(context('page.url').contains('pricing')).count()",
        "{count: true, where: [{context: page.url, contains: pricing}]}",
    ),
)
"""Computed traits of `performed: A`."""
