"""The console's sentences about a customer's file. (Chinese, English)"""

from __future__ import annotations

from collections.abc import Mapping

CUSTOMER_WORDS: Mapping[str, tuple[str, str]] = {
    "customer": ("客户档案", "Customer"),
    "customer.open": ("客户档案", "Customer's file"),
    "customer.known": ("客户情况", "What we know"),
    "customer.names": ("称呼", "Name"),
    "customer.phones": ("电话", "Phone"),
    "customer.first": ("首次来信", "First mail"),
    "customer.last": ("最近来信", "Last mail"),
    "customer.written": ("我方最近去信", "Our last mail"),
    "customer.mails": ("来信", "Mails"),
    "customer.no_revisit": ("回访意愿", "Revisits"),
    "customer.no_revisit_since": ("{at} 起不愿收到回访邮件", "Wants no revisit mails since {at}"),
    "wish.link": ("客户点了链接", "by link"),
    "wish.mail": ("客户来信说明", "by mail"),
    "customer.revisit_ok": ("可以回访", "May be asked"),
    "customer.never": ("无", "none"),
    # flags
    "customer.flags": ("客户标记", "Flags"),
    "customer.account": ("账户类型", "Account"),
    "customer.elderly": ("年长客户", "Elderly"),
    "customer.note": ("说明", "Note"),
    "customer.note_hint": ("只供客服内部查看，不会写进邮件。", "For agents only; it never goes into a mail."),
    "customer.save": ("保存标记", "Save flags"),
    "customer.later": (
        "下一份草稿起按新标记书写，已经写好的草稿不会改动。",
        "The next draft is written by it; drafts that wait stay as they are.",
    ),
    "customer.changed": ("最近修改", "Last changed"),
    "customer.unchanged": ("还没有人标记过。", "Nobody has set any yet."),
    "account.unknown": ("未知", "unknown"),
    "elderly.unknown": ("未知（以来信为准）", "unknown (what mails say counts)"),
    "elderly.yes": ("是，用词浅显", "yes, plain words"),
    "elderly.no": ("否", "no"),
    "done.flagged": ("客户标记已保存。", "Flags saved."),
    "refused.flags": ("请从列表中选择账户类型和年长标记。", "Choose account and age from the lists."),
    "refused.flags_stale": (
        "刚才有同事改过这些标记。请看下面的新内容，确认后再保存一次。",
        "A colleague changed these flags just now. Look at what stands there and save again.",
    ),
    # what belongs to the customer
    "customer.tickets": ("工单", "Tickets"),
    "customer.no_tickets": ("还没有工单。", "No tickets yet."),
    "customer.opened": ("建单", "opened"),
    "customer.resolved": ("解决", "resolved"),
    "customer.closed": ("关闭", "closed"),
    "customer.updated": ("更新", "changed"),
    "customer.ratings": ("历次评价", "Ratings"),
    "customer.no_ratings": ("还没有评价过。", "No ratings yet."),
    "customer.orders": ("订单", "Orders"),
    "customer.no_orders": ("来信中没有提到订单号。", "Their mails name no order."),
    "customer.only_own": (
        "只显示确定属于这位客户的订单内容。",
        "Details are shown only of orders that surely are this customer's.",
    ),
    "order.unset": ("没有设置订单查询", "no look-up of orders is set up"),
    "order.waiting": ("商城系统暂时没有应答，请稍后刷新", "the shop's system did not answer yet; look again later"),
    "order.missing": ("查不到这个订单", "no such order"),
    "order.foreign": ("不能确定属于这位客户，内容不显示", "not surely this customer's; not shown"),
    "order.bought": ("下单", "bought"),
    "order.tracking": ("运单号", "tracking"),
    "warranty.in": ("保修期内，至", "under warranty until"),
    "warranty.over": ("已过保修期，止于", "out of warranty since"),
    "order.in": ("见工单", "in"),
    # on the ticket's page
    "customer.of_ticket": ("客户", "Customer"),
    "customer.other_open": ("另有未结工单 {n} 个", "{n} other open tickets"),
    "customer.badge_elderly": ("年长客户", "elderly"),
}
