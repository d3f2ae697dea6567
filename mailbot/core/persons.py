"""Who writes, and whom the mail speaks of. A name is only taken where it is given as one; else None."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from mailbot.core.gates import lines, scan

MOST_PEOPLE = 20

_SINGLE = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余"
    "叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆"
    "金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武莫孔汤向常"
    "温康施文牛樊葛邢安齐伍庞颜倪庄聂章鲁岳翟殷"
    "詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游"
    "辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫"
    "费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝"
)  # fmt: skip
_DOUBLE = "欧阳|上官|司马|诸葛|司徒|东方|独孤|南宫|夏侯|皇甫|尉迟|公孙|慕容|令狐|端木|轩辕|宇文|长孙"
_HAN = "\u4e00-\u9fff"
# A surname and one or two more; a double surname and one or two more.
_NAME = rf"(?:(?:{_DOUBLE})[{_HAN}]{{1,2}}|[{_SINGLE}][{_HAN}]{{1,2}})"
_SURNAME = rf"(?:{_DOUBLE}|[{_SINGLE}])"
SURNAME = _SURNAME  # a pattern; masking.py and helping.py look for names without a cue
_TITLE = "先生|女士|小姐|太太"
_END = rf"(?![{_HAN}A-Za-z0-9])"
_LATIN = r"[A-Z][A-Za-z'’-]{1,20}"

_SELF = re.compile("我是|我叫|本人|这里是|我的名字|名字|姓名|联系人|收货人|称呼|免贵姓|我姓")
_SELF_EN = re.compile("[Mm]y name|I am|I'm|I’m|[Tt]his is")
_INTRODUCED = re.compile(
    rf"(?:我是|我叫|本人是?|本人叫|这里是)(?P<titled>{_SURNAME}[{_HAN}]{{0,2}}?(?:{_TITLE}))"
    rf"|(?:我叫|我的名字是|我的名字叫|名字[:]\s?|姓名[是为:]\s?|联系人[是为:]\s?|收货人[是为:]\s?"
    rf"|称呼[是为:]\s?)"
    rf"(?P<name>{_NAME}|{_SURNAME}(?:{_TITLE})){_END}"
    rf"|(?:免贵姓|我姓)(?P<surname>{_SURNAME}){_END}"
    rf"|(?<![{_HAN}])我是(?P<plain>{_NAME}){_END}"
)
_INTRODUCED_EN = re.compile(
    r"\b(?:[Mm]y name is|[Mm]y name's|I am called|(?:I am|I'm|I’m|[Tt]his is)(?=\s+(?:(?:Mr|Mrs|Ms|Miss)\b"
    r"|[A-Z][a-z'’-]{1,20}"
    r"(?:[.,!\n]|\s+[A-Z][a-z]|\s+(?:from|and|here|writing|with)\b|$))))\s+"
    rf"(?:(?P<title>Mr|Mrs|Ms|Miss)\.?\s+)?(?P<name>{_LATIN}(?:[ \t]+(?:{_LATIN}|[A-Z]\.)){{0,3}})"
)
_CLOSING = re.compile(
    r"^[ \t]*(?:(?:best|kind|warm|many|with)?[ \t]*(?:best|kind|warm)?[ \t]*(?:regards|wishes)|best|thanks"
    r"|thank you|many thanks|sincerely"
    r"|yours(?: sincerely| faithfully| truly)?|sincerely yours|cheers|respectfully)[ \t]*[,.!\n-]+\s*"
    rf"(?:(?P<title>Mr|Mrs|Ms|Miss)\.?[ \t]+)?(?P<name>{_LATIN}(?:[ \t]+(?:{_LATIN}"
    rf"|[A-Z]\.)){{0,3}})[ \t.]*$",
    re.IGNORECASE | re.MULTILINE,
)
_LINE_NAME = re.compile(
    rf"[ \t]*(?:[-—–~]{{1,4}}[ \t]*)?(?:您?的?(?:客户|顾客|用户|买家)|此致敬礼|祝好|谢谢|签名|落款"
    rf"|署名)?[ \t:,。!!]{{0,4}}"
    rf"(?P<name>{_NAME}|{_SURNAME}(?:{_TITLE})|{_NAME}(?:{_TITLE}))[ \t.。]*"
)
_LINE_LATIN = re.compile(rf"[ \t]*(?:[-—–]{{1,4}}[ \t]*)?(?P<name>{_LATIN}(?:[ \t]+(?:{_LATIN}|[A-Z]\.)){{1,2}})[ \t]*")
_DISPLAY = re.compile(rf"(?:{_NAME}|{_SURNAME}(?:{_TITLE})|{_NAME}(?:{_TITLE}))")
_DISPLAY_LATIN = re.compile(r"[A-Z][a-z'’-]{1,20}(?: [A-Z]\.)?(?: [A-Z][A-Za-z'’-]{1,20}){1,2}")

_SAYS = r"(?=[说告答承态回叫让跟和给的,。!?\s])"
_TRADES = ("客服", "售后", "工程师", "师傅", "店员", "导购", "快递员", "安装工", "维修工", "专员")
_ROLES = ("经理", "主管", "师傅", "工程师", "主任", "店长", "客服")
_JOBS = ("agent", "representative", "technician", "engineer", "colleague", "advisor", "manager", "operator")
_STAFF = lines(
    (
        *(
            rf"{trade}(?:人员|代表|专员|员)?(?:小[{_HAN}]|{_SURNAME}(?:女士|先生|小姐)"
            rf"|{_SURNAME}[{_HAN}]?{_SAYS})"
            for trade in _TRADES
        ),
        *(rf"{_SURNAME}{role}" for role in _ROLES),
        rf"小{_SURNAME}{_SAYS}",
        r"工号[ \t]?(?:是|为)?[:#]?[ \t]?[A-Za-z]{0,3}[0-9]{2,8}",
        r"客服编号[ \t]?(?:是|为)?[:#]?[ \t]?[A-Za-z]{0,3}[0-9]{2,8}",
        r"[0-9]{3,6}号客服",
        r"客服[0-9]{3,6}号?",
        *(rf"\b[{job[0].upper()}{job[0]}]{job[1:]}(?: named| called)? [A-Z][a-z]{{1,20}}(?![a-z])" for job in _JOBS),
        r"\b(?:[Ss]poke|[Ss]peaking|[Tt]alked|[Tt]alking|[Cc]hatted) (?:to"
        r"|with) (?P<name>[A-Z][a-z]{1,20})(?![a-z])",
        r"\b(?P<name>[A-Z][a-z]{1,20}) (?:from|in|at) (?:your |the )?(?:customer |after-sales |technical )?"
        r"(?:support|service|sales)\b",
    )
)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words that begin like a name and are none.
_NO_NAMES = _set(
    "谢谢 谢谢您 谢谢你 谢谢了 谢谢啦 高兴 高大上 马上 方便 安静 安好 安装 安心 安全 祝好 祝您 祝你 祝福"
    " 和平 和谐 文明 平安 明天 明白 时间 时候 金额 常见 万分"
    " 江湖 石头 熊猫 牛奶 白云 白菜 田园 成功 成都 华为 商品 商城 应该 全部 师傅 解决 管理 管理员 单号 古风"
    " 米粉 查询 任何 任性 程序 程序员 路过 路人 路人甲 景色 席梦思"
    " 何时 何必 许多 向您 关于 包装 包裹 顾客 客户 用户 方案 于是 高级 常用 温馨 温柔 温暖 宁静 司机 农夫"
    " 卫生 全家 边上 明明 广大 武汉 江苏 陆续 夏天 白天 金牌 毛病 项目 简单"
    " 单位 连接 麻烦 麻烦您 麻烦了 应用 明月 明日 成员 成年 甘肃 辛苦 辛苦了 左右 尚未 华东 商家 商务 卖家"
    " 买家 经理 经常 曲线 游客 游戏 水货 康复 陶瓷 雷雨 房东 房间 车间 车主 路由器"
    " 时常 时刻 安徽 包邮 向日葵 龙猫 马甲 高冷 夏至 秦朝 阮咸 米兰 米奇 费用 和你 宁波 宁夏 厦门 温州 常州"
    " 苏州 孙子 何况 金融 向前 于此 黄金 黄色 白色 金色 蓝色 蓝天 蓝牙 明年"
    " 马桶 江南 江北 海鲜 雷电 云南 祝商祺 祝愉快 顺祝 祝顺利 祝安 祝生意 安康 时尚 方向 方正 高手"
    " 高温 高速 段子 章节 成本 谷歌 谷雨 全新 全体 单独 单个 古董 简介 关注 景点"
)  # fmt: skip
_NO_LATIN = _set(
    "support service services team sales customer customers mail admin info shop store company ltd inc gmbh"
    " noreply office help desk"
    " newsletter account accounts marketing notification notifications sent from iphone outlook android"
    " dear hello hi regards thanks thank"
    " best kind writing very not so still trying the your please order refund also just really sorry happy"
    " unhappy angry disappointed"
    " unable waiting looking having getting going in at on a an you monday tuesday wednesday thursday"
    " friday saturday sunday mr mrs ms"
    " miss yours sincerely electronics group kindly looking get bank post express free new street"
    " road avenue phone tel mobile email"
)  # fmt: skip
_ENGLISH_TITLES = {"mr": "Mr", "mrs": "Ms", "ms": "Ms", "miss": "Ms"}


@dataclass(frozen=True, slots=True)
class Named:
    """A name as it may be used in a greeting, the words that gave it, and the title if it was given."""

    value: str
    words: str
    title: str | None
    sure: bool = True


def customer(own: str, signature: str, display: str) -> Named | None:
    """The customer's name: what they call themselves, how they sign, or a display name that is a name."""
    return _introduced(own) or _signed(own) or _signed(signature) or _displayed(display)


def staff(text: str) -> tuple[str, ...]:
    """Those of our people (or a carrier's) whom the mail names, as written."""
    found: list[str] = []
    end = 0
    for match in scan(text, _STAFF, MOST_PEOPLE):
        name = match.groupdict().get("name") or match[0]
        if match.start() >= end and name.split()[-1].lower() not in _NO_LATIN and name not in _NO_NAMES:
            found.append(name)
            end = match.end()
    return tuple(dict.fromkeys(found))


def _introduced(text: str) -> Named | None:
    for head in islice(_SELF.finditer(text), MOST_PEOPLE):
        match = _INTRODUCED.match(text, head.start())
        if match is None:
            continue
        value = match["titled"] or match["name"] or match["surname"] or match["plain"]
        if value not in _NO_NAMES and not _role(value):
            return Named(value, match[0], _title(value), sure=match["surname"] is None)
    for head in islice(_SELF_EN.finditer(text), MOST_PEOPLE):
        match = _INTRODUCED_EN.match(text, head.start())
        if match is None:
            continue
        if named := _latin(match["name"], match["title"], match[0]):
            return named
    return None


def _signed(text: str) -> Named | None:
    tail = text[-600:]
    for match in _CLOSING.finditer(tail):
        if match["name"][0].isupper() and (named := _latin(match["name"], match["title"], match[0])):
            return named
    lines = [line for line in tail.split("\n") if line.strip()][-3:]
    if len(lines) < 2 and len(text) > 40:
        return None
    for line in reversed(lines):
        found = _LINE_NAME.fullmatch(line) if len(line) <= 24 else None
        if found and found["name"] not in _NO_NAMES and not _role(found["name"]):
            return Named(found["name"], line.strip(), _title(found["name"]))
        latin = _LINE_LATIN.fullmatch(line) if len(line) <= 40 else None
        if latin and (named := _latin(latin["name"], None, line.strip())):
            return named
    return None


def _displayed(display: str) -> Named | None:
    name = display.strip().strip("\"'")
    if len(name) > 60:
        return None
    if _DISPLAY.fullmatch(name) and name not in _NO_NAMES and not _role(name):
        return Named(name, name, _title(name), sure=False)
    if _DISPLAY_LATIN.fullmatch(name) and (named := _latin(name, None, name)):
        return Named(named.value, named.words, None, sure=False)
    return None


def _role(name: str) -> bool:
    return name.endswith(("公司", "客服", "经理", "师傅", "快递", "电器", "商城", "先森")) or name[1:] in (
        "客户",
        "用户",
        "们",
    )


def _title(name: str) -> str | None:
    if name.endswith("先生"):
        return "先生"
    return "女士" if name.endswith(("女士", "小姐", "太太")) else None


def _latin(name: str, title: str | None, words: str) -> Named | None:
    kept = []
    for part in name.split():
        if part.lower().rstrip(".") in _NO_LATIN or not part[0].isupper():
            break
        kept.append(part)
    if not kept:
        return None
    value = " ".join(kept)
    if title is None:
        return Named(value, words.strip(), None)
    canonical = _ENGLISH_TITLES[title.lower()]
    return Named(f"{title.title()} {value}", words.strip(), canonical)
