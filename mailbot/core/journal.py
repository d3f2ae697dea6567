"""What the stable codes of a ticket's records are called, in Chinese and English: one place for all who show them.

The codes of the journal are those of `Entry.what`; a test looks that each has its name here.
"""

from __future__ import annotations

from collections.abc import Mapping

Names = Mapping[str, tuple[str, str]]

JOURNAL_NAMES: Names = {
    # mails that came in
    "opened": ("建单", "Opened"),
    "routed": ("分派", "Routed"),
    "mail": ("收到来信", "Mail came in"),
    "auto_mail": ("收到自动邮件", "Automatic mail"),
    "thanks": ("客户致谢", "Thanks"),
    "acknowledge": ("准备收信确认", "Acknowledgement made"),
    "no_acknowledge": ("不发收信确认", "No acknowledgement"),
    "bounced": ("退信", "Bounced"),
    "report": ("投递报告", "Delivery report"),
    "moved": ("移动邮件", "Mail moved"),
    # drafts and what went out
    "written": ("撰写回复", "Written"),
    "edited": ("修改草稿", "Edited"),
    "suggested": ("起草建议", "Suggestion"),
    "pledges_set": ("更正回信承诺", "Pledges set"),
    "approved": ("批准回复", "Approved"),
    "overridden": ("破例放行", "Findings overridden"),
    "rejected": ("退回草稿", "Rejected"),
    "sent": ("已发送", "Sent"),
    "failed": ("发送失败", "Send failed"),
    "uncertain": ("发送结果不明", "Send uncertain"),
    "settled": ("确认发送结果", "Send settled"),
    # what agents did
    "taken": ("领取", "Taken"),
    "assigned": ("分配", "Assigned"),
    "note": ("添加备注", "Note"),
    "news": ("给客户的进展", "News for the customer"),
    "planned": ("处理方案", "Plan"),
    "transferred": ("转交部门", "Transferred"),
    "task_done": ("部门答复", "Department answered"),
    "delayed": ("预计延期", "Delay expected"),
    "material_wanted": ("请客户补充", "Material wanted"),
    "waiting": ("等待", "Waiting"),
    "escalated": ("升级", "Escalated"),
    "objected": ("客户不接受方案", "Objection"),
    "offered": ("提出方案", "Solution offered"),
    "declined": ("说明不能满足", "Wish declined"),
    "promise_ended": ("时限结束", "Promise ended"),
    "corrected": ("更正类别", "Corrected"),
    "confirmed": ("确认类别", "Category confirmed"),
    "resolved": ("标记为已解决", "Resolved"),
    "reopened": ("重新打开", "Reopened"),
    "closed": ("关闭", "Closed"),
    "merged": ("合并", "Merged"),
    "unmerged": ("撤销合并", "Un-merged"),
    "adopted": ("采纳建议", "Suggestion adopted"),
    # what the clock brought
    "overdue": ("超时", "Overdue"),
    "holding": ("暂复客户", "Holding reply"),
    "progress": ("告知进展", "Progress mail"),
    "no_progress": ("不发进展", "No progress mail"),
    "ask_again": ("再次请客户补充", "Asked again"),
    "revisit": ("回访", "Revisit"),
    "not_sent": ("未发自动邮件", "Not sent"),
    # the customer's word afterwards
    "rated": ("客户评价", "Rated"),
    "opted_out": ("谢绝回访", "Opted out"),
    "erased": ("清除个人信息", "Personal data erased"),
}

MAIL_NAMES: Names = {  # kinds of what we write
    "reply": ("回复", "Reply"),
    "acknowledgement": ("收信确认", "Acknowledgement"),
    "holding": ("暂复", "Holding reply"),
    "progress": ("进展告知", "Progress mail"),
    "revisit": ("回访", "Revisit"),
}
WAITING_NAMES: Names = {
    "us": ("我方", "us"),
    "customer": ("客户", "the customer"),
    "department": ("其他部门", "a department"),
}
STANDING_NAMES: Names = {  # how a promise stands, see mailbot.documents.standing
    "open": ("进行中", "open"),
    "soon": ("即将到期", "due soon"),
    "overdue": ("已超时", "overdue"),
    "kept": ("已兑现", "kept"),
    "broken": ("超时完成", "kept late"),
    "withdrawn": ("已取消", "withdrawn"),
}
LEVEL_NAMES: Names = {  # of reminders
    "soon": ("即将到期", "due soon"),
    "last": ("最后提醒", "last call"),
    "overdue": ("已超时", "overdue"),
    "assigned": ("已分配", "assigned"),
    "escalated": ("需升级", "escalated"),
    "unhappy": ("客户不满意", "dissatisfied"),
    "answered": ("部门已答复", "answered"),
}
ACCOUNT_NAMES: Names = {  # of customers
    "personal": ("个人客户", "personal"),
    "business": ("企业客户", "business"),
    "vip": ("VIP客户", "VIP"),
}
PLEDGE_NAMES: Names = {  # what a mail of ours promised to do
    "answer": ("答复", "answer"),
    "contact": ("联系", "contact"),
    "ship": ("发货", "ship"),
    "refund": ("退款", "refund"),
    "visit": ("上门", "visit"),
    "other": ("其他", "other"),
}


def zh(names: Names, code: str) -> str:
    """The Chinese name; an unknown code stands for itself."""
    return names[code][0] if code in names else code
