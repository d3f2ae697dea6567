"""Every check of a draft: the rule it keeps, what it finds, and the right wording, for agents and the reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """One code of a finding."""

    rule: str  # of REQUIREMENTS.md
    level: str  # "block", "warn", "both"
    what: str  # Chinese, as agents see it
    example: str  # the right wording, or what to do
    final: bool = False  # no supervisor can let it pass


_F = CheckFacts
CHECK_TABLE: Mapping[str, CheckFacts] = MappingProxyType(
    {
        # Final ones. A forged header or a wrong recipient sends the mail to people nobody chose; an empty mail says
        # nothing to answer for; and a card number in a mail is a leak the company may not permit itself (000-10).
        "header": _F("000-35", "block", "主题或收件人里有换行，可能是伪造的邮件头", "主题只写一行", True),
        "empty": _F("000-32", "block", "主题或正文是空的", "写明对客户问题的答复", True),
        "recipient": _F("000-35", "both", "收件人不是来信人或本工单的客户，或另有他人", "只发给来信的客户本人", True),
        "id_card": _F("000-30", "block", "含有身份证号码", "您的证件我们已核对（不写号码）", True),
        "bank_card": _F("000-30", "block", "含有银行卡号", "退款原路退回您付款的账户（不写卡号）", True),
        # Other people's data
        "foreign_address": _F("000-30", "block", "含有不属于本工单的邮箱地址", "只写这位客户和公司的邮箱"),
        "foreign_phone": _F("000-30", "block", "含有不属于本工单的电话号码", "只写这位客户留下的电话和客服热线"),
        "foreign_order": _F("000-30", "block", "含有不属于本工单的订单号", "只写这位客户来信里的订单号"),
        "foreign_ticket": _F("000-30", "block", "含有别的工单编号", "只写本工单的编号"),
        "foreign_tracking": _F("000-30", "warn", "物流单号不在本工单的邮件里", "确认包裹是寄给这位客户的"),
        "name": _F("000-45", "warn", "称呼与已知的客户姓名或性别不符", "尊敬的王女士（与来信署名一致）"),
        "product": _F("000-11", "warn", "提到的产品或型号不是客户来信所说的", "写客户说的那一款产品和型号"),
        "placeholder": _F("000-25", "block", "还有没填写的内容", "尊敬的王女士（不留 [姓氏] 这样的空）"),
        # What the company has published
        "forbidden": _F("000-31", "block", "用了公司规定对外不能说的词语", "按已公布的政策说明"),
        "policy_figure": _F(
            "000-31",
            "warn",
            "写了年限、天数、金额或比例，在公布的政策和来信里都找不到",
            "整机保修 6 年（与政策条文一致）",
        ),
        "compensation": _F("004-22", "block", "金额超出补偿标准", "在标准以内写明金额"),
        # The answer
        "unanswered": _F("000-32", "warn", "客户问的这一句，回复里没有提到", "逐一回答，或说明何时答复"),
        "part_missing": _F("000-22", "warn", "缺少这类回复应有的部分", "投诉：致歉 + 原因或核实 + 解决方案"),
        "vague_time": _F("004-13", "warn", "只说“尽快”“稍后”，没有说具体时间", "我们会在今天 18:00 前回复您"),
        "attachment": _F("000-32", "warn", "说有附件却没有附件，或有附件却没有说明", "步骤写在下面（不提附件）"),
        # Tone
        "shirking": _F("001-49", "warn", "听起来像在推给别人", "这件事由我们联系快递公司，今天告诉您结果"),
        "perfunctory": _F("001-49", "warn", "听起来像在敷衍", "我们能为您做的是……，明天 12:00 前办好"),
        "blaming": _F("001-49", "warn", "听起来像在责怪客户", "只说明情况和办法"),
        "contradiction": _F("004-04", "warn", "否定了客户的说法", "您说的情况我们核实过，查到的是……"),
        # Not a block: a phrase cannot show whether "but" takes the sympathy back or goes on to good news, and an
        # urgent answer is due within the hour. The agent sees the sentence and decides.
        "weakened": _F(
            "004-08", "warn", "先体谅了客户，又用“但是”“不过”收了回来", "我们理解您的心情，现在马上为您加急"
        ),
        "jargon": _F("000-28", "warn", "给长辈的回复用了专业词", "“按住电源键 5 秒”代替“硬重启”"),
        # Writing
        "typo": _F("000-33", "warn", "有错别字或不规范的写法", "登录账户（不是“登陆”）"),
        "doubled": _F("000-33", "warn", "字、词或标点重复", "您的订单（不是“您的的订单”）"),
        "punctuation": _F("000-33", "warn", "中文里夹了半角标点", "您好，订单已发出。"),
        "traditional": _F("000-33", "warn", "简体里夹了繁体字", "订单（不是“訂單”）"),
        "language": _F("000-33", "warn", "回复与来信不是同一种语言", "客户用英文来信，就用英文回复"),
        # Times and orders: found by pledges.py and by the order table
        "pledge_past": _F("000-54", "block", "承诺的时间已经过去", "改成做得到的时间"),
        "pledge_near": _F("000-54", "warn", "离承诺的时间太近", "留出办得到的时间"),
        "pledge_late": _F("000-54", "warn", "承诺的时间晚于解决时限", "在时限以内，或先说明延期"),
        "pledge_closed": _F("000-54", "warn", "承诺的时间不在营业时间内", "改到上班时间"),
        "lane": _F("000-13", "warn", "拿不准类别、等级或订单，请人来定", "先选定类别和订单，再批准回复"),
        "assisted": _F("000-34", "warn", "有几句话是起草助手建议的", "逐句核对，不合适的删去再批准"),
        "order_unchecked": _F("003-15", "warn", "订单还没有核对过", "先核对订单再给方案"),
    }
)
FINAL = frozenset(code for code, facts in CHECK_TABLE.items() if facts.final)
