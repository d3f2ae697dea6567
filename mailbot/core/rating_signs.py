"""The words by which customers say how satisfied they are, in Chinese and English: data for ratings.py.

Patterns see folded text: NFKC, lower case, simplified characters. An upper line takes its words away from the lower
ones, so negations stand before what they negate, and double negations before those. Every repeat is bounded.
"""

from __future__ import annotations

import re
from typing import Literal

# overall: how satisfied; persists: the problem is still there; solved: it is gone; aspect: one side of the service
Kind = Literal["overall", "persists", "solved", "aspect"]

# Traditional characters that stand in the words below, each followed by its simplified form.
_PAIRS = (
    "滿满還还過过沒没謝谢評评錯错問问題题決决壞坏響响點点務务態态復复說说個个來来師师專专業业這这們们處处結结較较級级顆颗"
    "讚赞贊赞優优極极無无對对總总體体覺觉時时間间開开關关後后會会發发請请別别訂订擾扰郵邮繼继續续調调麼么嗎吗現现樣样給给"
    "實实應应該该熱热氣气聲声爛烂單单號号臺台兩两電电話话為为與与於于讓让當当夠够難难貴贵圓圆盡尽儘尽順顺徹彻機机轉转動动"
    "準准時时細细貼贴責责騙骗舊旧寄寄試试換换維维漲涨連连斷断閃闪燙烫啟启製制聯联絡络騷骚絕绝煩烦湊凑將将馬马雖虽麵面種种幫帮買买貨货費费領领進进見见認认識识員员產产價价錢钱訴诉歡欢"
)
SIMPLIFIED = {ord(_PAIRS[n]): ord(_PAIRS[n + 1]) for n in range(0, len(_PAIRS), 2)}

_VERY = "(?:非常|极其|极度|极为|十分|特别|超级|超|相当|很|太|真的?|实在|完全|彻底|一点[儿也都]{0,2}|根本|毫|万分|最)"
_BAD_STATE = (
    "(?:不行|不能|不好|没好|没用|没修|没解决|没有解决|未解决|没处理|没反应|没动静|没人|没有人|没收到|没有收到|"
    "没退|没到|没换|没变|"
    "不转|不亮|不热|不冷|不动|不灵|不通|不制|不工作|不启动|不出|不管用|不正常|不稳|用不了|开不了|打不开|连不上|"
    "充不|坏|响|漏|滴水|"
    "渗|抖|卡|烫|跳闸|报错|死机|黑屏|断线|掉线|异味|有味|噪音|嗡嗡|有问题|出问题|出现|老样子|这样|那样|一样|原样|"
    "失灵|故障|复发|犯)"
)
_STILL = "(?:还是|还在|还有|还|依旧|依然|仍然|仍旧|仍|照样|照旧|又|再次|再度|继续|一直|总是|老是)"
_FAULT = (
    "(?:不制[冷热]|不启动|启动不了|开不了机|无法[开启使正][机动用常]|不能(?:正常)?(?:使用|用|工作)|用不了|漏水|"
    "漏电|漏气|渗水|滴水|异响|"
    "噪音(?:大|很)|死机|黑屏|报错|跳闸|冒烟|没反应|不工作|不加热|连不上|老样子|故障依旧|没修好|没弄好|没搞定|没处理好)"
)
_SATISFIED_EN = r"(?:satisfied|happy|pleased|content|impressed|glad|convinced)"
_VERY_EN = (
    r"(?:very|really|extremely|so|totally|completely|absolutely|highly|deeply|most|beyond|utterly|"
    r"more than|super)"
)
_TOPIC_EN = r"(?:issue|problem|fault|noise|leak|error|it|this|matter|case|machine|device)"

SIGNS: tuple[tuple[Kind, int, str], ...] = (
    # what only sounds like a rating: no score (0), but the words are taken
    ("overall", 0, r"满意度(?!很?[高低])|(?:是否|满不|满意不)满意|好评(?:返|率|如潮)|一般(?:要|多久|几|需要|什么|"
     r"来说|情况|能|会|大概|都|是)"),
    ("overall", 0, r"(?:希望|给|要|想要|期待|得到|一个)[^,。!?\n]{0,8}满意的(?:答复|解决|处理|结果|方案|说法|回复|"
     r"交代)"),
    ("overall", 0, r"(?:就|才)(?:会|能|算)?满意|\b(?:would|will|to) be (?:satisfied|happy|glad|pleased|great|good|"
     r"nice)"),
    ("overall", 0, r"\bhappy to (?:help|provide|send|answer|wait)|\bgood (?:morning|afternoon|evening|day)|"
     r"\bbetter late\b"),
    # double negations and idioms
    ("overall", 5, r"(?:不能|没法|无法|不可能)(?:再)?更(?:满意|好)|没有(?:比这)?更(?:满意|好)|再(?:满意|好)不过|"
     r"(?:无可|无从)挑剔|没得?(?:话|"
     r"挑|说)|没话说|挑不出[^,。!?\n]{0,4}(?:毛病|问题|缺点)|从(?:来)?没(?:有)?(?:这么|如此)满意"),
    ("overall", 5, r"\bcould(?:n't| not) (?:be|have been|ask for) (?:any )?(?:better|happier|"
     r"more)\w{0,10}(?: satisfied| pleased)?|\bnever been (?:so |more )?(?:happier|happy|satisfied|pleased)|"
     r"\bnothing to improve"),
    ("overall", 3, r"(?:谈不上|说不上|算不上|称不上|不是|也不算|不算|不至于)(?:有多|有什么|什么|太|很|"
     r"特别)?(?:不满意?|不好|很?差)|说不上好|不好不坏|不好也不坏|不算好也不算坏|无所谓满意"),
    ("overall", 4, r"(?:没有?|无|没啥|没什么|没有什么|并没有?|没有任何|毫无|挑不出|不存在|哪里都没有)(?:什么|任何|"
     r"哪里|啥|一点|半点|觉得|感到|特别|让我)?不满意?(?:的?地方|之处|的)?|不满意的(?:地方)?(?:没有|倒没有|不多)|"
     r"未感到不满"),
    ("overall", 4, r"\b(?:not|n't|never) (?:at all )?(?:dissatisfied|unhappy|unsatisfied|"
     r"disappointed)(?: at all)?|\bno complaints?\b|\bnothing to complain\w{0,3}|\bcan(?:'t|not) complain|"
     r"\bno (?:more )?(?:issues|problems|worries)\b"),
    ("overall", 1, r"(?:没有?|没啥|没什么|没有什么|没有任何|没一|无)(?:一|点|一点|哪|任何|什么|处|个)?(?:让我|"
     r"令我)?满意的?(?:地方|之处)|没(?:啥|什么)(?:好|可)?满意的|哪里都不满意"),
    ("overall", 3, r"\bcould(?:'ve| have)? (?:be|been|do|done|go|gone) (?:\w{1,8} )?(?:better|faster|quicker)|"
     r"\bcould have been worse|\broom for improvement|\bneither (?:good nor bad|satisfied)|\bmixed (?:feelings|"
     r"experience)"),
    # a word alone
    ("overall", 4, r"(?<![^,。!\n ])(?:可以|行)(?=[,。!\n]|$)"),
    ("overall", 2, r"(?<![^,。!\n ])差(?=[,。!\n]|$)"),
    ("persists", 2, r"(?<![^,。!\n ])没(?:修)?好(?=[,。!\n]|$)"),
    # one side of it, however strong the word
    (
        "aspect",
        2,
        r"(?:态度|沟通|效率|速度)(?:很|太|非常|特别|极其|极|真|有点|比较|不太|也|都|实在){0,2}(?:差|不好|恶劣|"
        r"冷淡|敷衍|低|慢)",
    ),
    # dissatisfied
    ("overall", 2, r"(?:没有?|未|不)(?:达到|符合)[^,。!?\n]{0,4}(?:预期|期望)|(?:不如|低于)(?:预期|期望|以前|之前)"),
    ("overall", 2, r"\bworse than\b|\bbelow (?:my |our )?expectations?\b|\bnot what (?:i|we) expected\b|"
     r"\bexpected (?:more|better)\b"),
    ("overall", 1, rf"{_VERY}(?:的|地|是|都)?不(?:太)?满意?(?!足)|{_VERY}(?:的|地|让人|令人|让我|令我)?(?:失望|"
     rf"差劲?|糟糕?|烂|气愤|生气|恼火|寒心|心寒|不好|无语|敷衍|恶劣)|不满意(?:到|得)?极|失望(?:透顶|至极|极了)|"
     rf"差(?:极了|得很|到极点|得离谱)"),
    ("overall", 1, r"差评|垃圾|骗子|坑人|恶心|气死|愤怒|恶劣|负分|零分|忍无可忍|一塌糊涂|毫无(?:诚意|作用|用处)|"
     r"再也不(?:会)?(?:买|来|用|光顾)|太过分|什么破|烂透"),
    ("overall", 1, rf"\b(?:not|n't|never) (?:at all |in the least |remotely )(?:been )?{_SATISFIED_EN}|\b(?:not|"
     rf"n't) (?:\w{{1,10}} )?{_SATISFIED_EN}(?: with \w{{1,12}}(?: \w{{1,12}})?)? at all|"
     rf"\bfar from (?:being )?{_SATISFIED_EN}"),
    ("overall", 1, rf"\b{_VERY_EN} (?:dis|un)satisfied|\b{_VERY_EN} (?:unhappy|disappoint\w{{1,6}}|bad|poor|upset|"
     rf"angry|annoyed|frustrat\w{{1,4}})|\b(?:terrible|awful|horrible|worst|unacceptable|disgusting|useless|"
     rf"appalling|pathetic|disgrace\w{{0,3}}|furious|rubbish|ridiculous|never again|a joke)\b"),
    ("overall", 2, r"(?:不是?|没有?|并不|并非|没能|未能|不能|无法|没法|不够|难以|谈不上|说不上|算不上|称不上|"
     r"不能说|没让|不让|没有让|不能让|不会|不想)(?:太|很|大|怎么|咋|十分|非常|特别|那么|够|算|是很|是太|是特别|"
     r"是非常|让|令|我|人|多|什么|能|给|说|有多|觉得|感到|完全|真正|是|的){0,3}(?:满意|好评|令人满意)"),
    ("overall", 2, r"不满意?(?!足)|失望|不高兴|不开心|不愉快|不爽|不尽如?人意|不理想|不怎么样|不咋[的地样]|"
     r"不(?:太|怎么|是很|大|够)?好(?!意思)(?!坏)|不太行|不行(?![,。!]?(?:不行)?[^,。!\n]{0,3}吗)|差劲|很?糟糕?|"
     r"较差|不及格|欠佳|心寒|寒心|无语|郁闷|敷衍|有待(?:改进|提高|加强)"),
    ("overall", 2, rf"\b(?:not|n't|never)(?! only)(?: \w{{1,12}}){{0,2}} (?:{_SATISFIED_EN}|good|great|ok|okay|"
     rf"fine|acceptable|enough|impressive|helpful|recommend)\b|\b(?:dis|un)satisf\w{{2,9}}|\bunhappy\b|"
     rf"\bdisappoint\w{{2,6}}|\blet down\b|\bunsatisfactory\b|\bpoor(?:ly)?\b|\bbad (?:service|experience|job|"
     rf"support|quality)|\b(?:bad|badly|unhelpful|rude|unprofessional|frustrat\w{{2,4}}|annoy(?:ed|"
     rf"ing))\b(?<!not bad)"),
    # the problem is still there
    ("persists", 2, rf"{_STILL}(?:是|没|没有|在|有点|有些|会|老|一直|总|开始|有|出现|给|都|不|同样|存在|"
     rf"继续)?[^,。!?\n;不没满好]{{0,6}}{_BAD_STATE}"),
    ("persists", 2, r"(?:问题|毛病|故障|情况)依旧|依然如故|依旧如此|(?:问题|毛病|故障|现象|情况|声音)(?:还|仍|"
     r"依旧|依然|一直)(?:是|然|旧)?(?:在|存在|没|有|"
     r"老样子|出现)|(?:没有?|未|并未|还没有?|尚未|没能|没给|没把[^,。!?\n]{0,8}|根本没有?)(?:彻底|完全|真正|得到|"
     r"被|给我|有效|及时|任何)?(?:解决|修好|根治|处理(?!不了)|修复|弄好|搞定|好转|改善|用(?!了))"),
    ("persists", 2, rf"(?<!不)(?<!没有)(?<!没)(?<!没再)(?<!不再){_FAULT}(?!了?(?:的)?(?:问题|毛病|现象|故障|"
     rf"情况)?(?:也|都|已经?|就)?(?:已?解决|修好|消失|没有?了|好了))|(?:修|换|处理)[^,。!?\n]{0,10}(?:没用|"
     rf"白[修搭费]|更[坏差响严])|(?:修|弄)不好"),
    ("persists", 2, r"\bstill (?!work|satisf|happy|pleas|good|great|fine|ok|perfect|very (?:satisf|happy|"
     r"good))(?:\w|')|\b(?:does|do|did|has|have|is|was|are|were)(?:n't| not) (?:\w{1,10} ){0,2}(?:work\w{0,3}|"
     r"fix\w{0,2}|solved?|resolved?|repaired|help\w{0,2}|chang\w{1,2}|improv\w{1,2}|start|heat|cool|charge|gone|"
     r"arrived?|received?|heard|turn)\b|\bun(?:re)?solved\b"),
    ("persists", 2, rf"\b(?:broke|broken|failed|stopped|leak\w{{0,3}}|happen\w{{0,3}}|rattl\w{{1,3}}|faulty|dead|"
     rf"noisy)(?: working| down)? again\b|\b{_TOPIC_EN} (?:\w{{1,8}} )?(?:is|are|has|have|came|comes|keeps|"
     rf"persists?|remains?|continues?|returned)(?: still| come| coming)?(?: back| unsolved| the same| there|"
     rf" again)?\b(?<!is)(?<!are)(?<!has)(?<!have)|\bsame (?:problem|issue|fault|noise|error)|\bnot (?:fixed|"
     rf"solved|resolved|repaired|working|better)|\bno (?:improvement|change|solution|reply|response|answer)\b|"
     rf"\b(?:broken|leaking|keeps? \w{{3,12}}ing)\b"),
    # satisfied
    ("overall", 5, rf"{_VERY}(?:的|地|都|是|之|令人|让人|让我)?(?:满意|完美|优秀|专业周到)|满意(?:极了|得很|"
     rf"得不得了|至极|之至)|(?:非常|特别|太|超级|超|真是?太|十分|极其|相当)(?:的)?(?:好|棒|赞|不错|给力|完美|"
     rf"nice)|好极了|棒极了|(?:很|真|挺)(?:棒|赞)|点赞|点个赞|完美|一流|好评|满分|超赞|杠杠|给力|(?:哪里|全部?|"
     rf"样样|处处|各方面)都(?:很|非常)?满意"),
    ("overall", 3, r"勉强(?:满意|可以|接受|及格|算)?|还行|还可以|还成|还凑合|凑合|将就|马马虎虎|过得去|说得过去|"
     r"中规中矩|"
     r"一般般?(?!的?(?:问题|情况|人|用户|商品))|普通|平平|就那样|一言难尽|还好(?!有|没)|及格|尚可|中等|中评|"
     r"能接受|可接受"),
    ("overall", 4, r"(?:比较|基本上?|还算|还是|还|挺|蛮|总体|大体|大致|都|也|算是?|整体|总的来说|较|较为|表示|"
     r"感到|觉得|结果)?(?:是|很)?满意(?!吗|不|么)|(?:很|挺|蛮|真|还|还是|都|比较|更)?不错|(?:很|挺|蛮|真|都|较|"
     r"比较|还是挺|感觉|服务|态度|处理得?)(?:很|挺|蛮|真)?(?:好|可以|行)(?:的|了|啊|呀|评|$)?|没(?:有|什么|啥|"
     r"有什么)?问题|没毛病|不赖|靠谱|可以[的吧]|称心"),
    ("overall", 5, rf"\b{_VERY_EN} (?:\w{{2,10}} )?{_SATISFIED_EN}\b|\b{_VERY_EN} good\b|\b(?:excellent|"
     rf"perfect(?:ly)?|amazing|awesome|outstanding|fantastic|wonderful|brilliant|superb|delighted|thrilled|great|"
     rf"love(?:d|ly)?|top[- ]notch|first[- ]class|exceptional|the best|"
     rf"best (?:\w{{1,12}} )?(?:i|we|ever)|flawless|impeccable|100%)\b|\b(?:would|"
     rf"will|definitely|highly) recommend"),
    ("overall", 3, r"\b(?:so[- ]so|meh|average|mediocre|adequate|neutral|passable|middling|indifferent|"
     r"nothing special|somewhat (?:satisfied|happy)|partly (?:satisfied|happy)|partially (?:satisfied|happy)|"
     r"tolerable)\b|\b(?:was|were|is|it's|just|only|service|quite|pretty|mostly|overall) (?:just |only |"
     r"quite )?(?:ok|okay)\b|\b(?:ok|okay) (?:service|experience|overall|i guess|but)\b|\bi guess\b"),
    ("overall", 4, rf"\b(?:not|n't) (?:too |so |that |at all )?bad(?: at all)?\b|\b{_SATISFIED_EN}\b(?! to)|"
     rf"\b(?:satisfying|satisfactory|decent|nice|good|fine|alright|all right|acceptable)\b|\ball (?:is )?(?:good|"
     rf"fine|well|sorted|ok|okay|set)\b|\bas expected\b|\bthumbs up\b"),
    # the problem is gone
    ("solved", 4, r"(?:不|不再|没有?再?|没|再也不|再没)(?:响|漏|滴|渗|卡|抖|烫|闪|跳闸|报错|死机|黑屏|掉线|断线|"
     r"异响|出现|犯|坏)[^,。!?\n不没]{0,4}(?:了|过)?"),
    ("solved", 4, r"(?:已经?|都|全部?|终于|顺利|圆满|完美|彻底|成功|问题|妥善|现在|目前|可以|能|恢复)?(?:得到|被|"
     r"给)?(?<!没)(?<!没有)(?<!未)(?:解决|修好|搞定|弄好|换好|装好|处理好|处理完|恢复正常|修复)(?:了|啦|完|完毕|"
     r"好了|$)|(?:已经?|都|现在)?(?:好了|正常了|能用了|可以用了|好用了|没事了|正常使用|一切正常|都正常|(?:退款|"
     r"款项?|钱|新机|补发的?|货)(?:已经?|都)?(?:收到|到账)了?|运行正常|"
     r"到账了?|收到(?:退款|新机|补发|货)了?)(?!一|两|几|三)"),
    ("solved", 4, rf"\b(?:{_TOPIC_EN} )?(?:(?:is|was|got|been|has been|now|all|already) )?(?:solved|fixed|"
     rf"resolved|repaired|sorted(?: out)?)\b|\bit works(?=[.,!\n]|$)|\b(?:it )?works?(?: \w{{1,10}})? ?(?:now|"
     rf"again|fine|well|great|"
     rf"perfectly|like a charm)\b|\bworking (?:now|again|fine|well|great|perfectly)\b|\bgood as new\b|"
     rf"\bup and running\b"),
    # one side of it
    ("aspect", 2, r"(?:太|这么|那么|真|非常|特别)(?:慢|久|贵|麻烦|拖|拖沓|折腾)|(?:慢|久|拖)(?:死|得要命|得离谱|"
     r"得很)|不(?:专业|耐烦|负责|及时|热情|耐心|主动|认真)|推诿|推脱|踢皮球|没(?:人|有人)(?:管|理|回|联系)|"
     r"等了(?:好久|很久|太久|半天|[一两三四五六七八九十\d]{1,2}个?(?:月|星期|礼拜|周))|态度(?:很|太|有点|比较|"
     r"不太)?(?:不好|差|冷淡)|耽误"),
    ("aspect", 2, r"\b(?:too|so|very|extremely|painfully) (?:slow\w{0,2}|long|late|expensive|many)\b|\bwaste of\b|"
     r"\btook (?:forever|ages)\b|\bnobody (?:called|came|answered|replied|cared)\b|\bignored\b"),
    ("aspect", 3, r"(?:有点|有些|稍微?|略|偏|比较|不太|不够)(?:慢|久|贵|麻烦|拖|晚|快|及时|专业|方便)|(?:慢|久|贵|"
     r"晚)了?(?:一?点|些)|\b(?:a bit|a little|bit|somewhat|rather|quite) (?:slow|late|long|expensive|pricey)\b|"
     r"\bslow\b|\btook (?:a while|long)"),
    ("aspect", 4, r"(?:很|非常|特别|挺|真|都|十分|超|蛮|也|太|相当)(?:的|地)?(?:耐心|专业|负责|热情|贴心|周到|"
     r"认真|细心|及时|高效|快|迅速|亲切|用心|到位|敬业|利索)|\b(?:very|really|so|extremely|super|quite|was|"
     r"were) (?:patient|professional|friendly|helpful|quick|fast|polite|kind|efficient|responsive)\b|"
     r"\b(?:professional|friendly|efficient|quick|fast) (?:service|repair|reply|response|support|staff|team)"),
)  # fmt: skip

FACES = {
    **dict.fromkeys("💯🥰😍❤💖🎉🤩💐", 5),
    **dict.fromkeys("👍👌😊😀😃😄😁🙂☺😇🌹🤝👏💪", 4),
    **dict.fromkeys("😐😑😶🤷🫤", 3),
    **dict.fromkeys("👎😞🙁☹😠😔😟😒😕😢😭💔😤", 2),
    **dict.fromkeys("😡🤬🤮💩🖕", 1),
}
PLAIN_FACES = frozenset("👍👎👌💯😡🤬🤮💩❤😍")  # count beside other words, too: a smile beside thanks is politeness

# ---- what goes on beyond the rating ----

ASKS = re.compile(
    r"(?:什么时候|何时|多久|怎么[^,。!?\n]{0,12}[?呢]|如何|能不能|能否|可不可以|可否|是不是要|哪里可以|多少钱|"
    r"请问|想问|再问|问一下|咨询)|"
    r"[吗么呢]\s{0,3}(?:[?。!\n]|$)|[?]|"
    r"(?:麻烦|帮我|帮忙|劳驾|烦请|请(?:你们?|您|尽快|尽早|马上|再|给|把|帮|安排|寄|开|补|退|换|发|联系|告诉|告知|"
    r"回复|处理|核实|查)|"
    r"我(?:要|想|还要|还想|需要|要求|申请)|要求|希望(?:能|你们|您|可以|尽快|给)|还需要|"
    r"另外[^,。!?\n]{0,20}(?:需要|要|想)|还有(?:个|一个|件|一件)(?:问题|事))|"
    r"\b(?:when|where|how) (?:will|can|do|does|is|are|should|could|would)\b|\b(?:could|can|would|will) (?:you|i|"
    r"we|someone)\b|"
    r"\bplease (?!keep|continue|pass|thank|tell \w{1,10} thank)\w|\bi (?:also )?(?:need|want|would like|'d like|"
    r"request|demand)\b|"
    r"\bi'd like\b|\banother (?:question|thing|issue|problem)\b|\bone more (?:question|thing)\b"
)
ASKS_NOTHING = re.compile(
    r"(?:希望|请|望)[^,。!?\n]{0,8}(?:继续|保持|再接再厉|改进|改善|加强|提高|提升|加油|转达|表扬|以后|今后|下次|"
    r"越来越|越做越)|请放心|"
    r"不(?:需要|用|必|想)|没有?(?:别的|其他|其它|什么)|怎么(?:还是|又|还|总是|老是|这么|会)|"
    r"(?:尽快|马上|赶紧|赶快|立刻)[^,。!?\n]{0,6}(?:处理|解决|修|跟进)|还满意吗|满意吗|no further|nothing else|"
    r"do(?:n't| not) need|"
    r"i (?:want|would like|'d like) to (?:thank|say|praise)|i'd like to (?:thank|say|praise)"
)

# Words that carry no reason: greetings, thanks, what a rating is about, and the small words around it.
EMPTY = re.compile(
    r"您好|你好|客服|尊敬的|感谢|谢谢|多谢|谢了|谢|辛苦|你们|您们|我们|他们|大家|师傅|本人|个人|感觉|觉得|认为|"
    r"表示|感到|评价|打分|评分|选择|回复|回访|"
    r"处理|结果|过程|服务|售后|整体|总体|总的来说|这次|本次|此次|这个|这件|事情|最终|目前|现在|已经|还是|就是|"
    r"但是|不过|只是|因为|收到|好的|比较|基本|"
    r"满分|问题|一切|全部|"
    r"[我您你他的了吧啊呀呢嘛哈啦哦嗯对给打选为是都也还很挺真太个分星颗就但在与和及贵司谢了已次度后被又]|"
    r"\b(?:hi|hello|dear|hey|all|thanks?|thank|you|your|yours|very|much|many|so|really|i|i'm|im|am|is|was|were|"
    r"are|it|it's|its|the|a|an|my|we|me|"
    r"with|by|for|of|to|at|and|this|that|be|been|have|has|had|overall|just|quite|service|result|support|help|"
    r"experience|rating|score|stars?|out|"
    r"team|everyone|regards|best|kind|sincerely|cheers|now|yes|no|ok|okay|problem|issue|too|about|from|job|feel|"
    r"feeling|can|say|would|will|do)\b|[\W\d_]"
)
LEADS = re.compile(
    r"(?:(?:但是|但|不过|就是|只是|可是|然而|因为|由于|原因是?|理由是?|其他|另外|(?:but|however|because|since|as|"
    r"reason|only|and|that)\b)[:\s]{0,3}){1,2}"
)

OPT_OUT = re.compile(
    r"(?<!没有)(?<!没)(?:我要|请|申请|如何|怎么|想)?退订(?!单|金|货|票|购|酒店|房)|取消订阅|取消(?:这个|这种|所有|"
    r"后续)?回访|拒收|"
    r"(?:不要|不用|不必|无需|不需要|别|请勿|勿|不想|不希望|不愿|停止|拒绝|禁止|不准)(?:你们|您|贵司|再|继续|老是|"
    r"总是|老|总|一直|给|向|对|往|我|的|发送|接收|收到|收|发来|发|推送|进行|做|这种|这类|此类|这些|任何|类似|的|"
    r"了){0,8}"
    r"(?:回访|满意度调查|调查|问卷|评价邀请|评价邮件|邮件|邮箱|信件|来信|打扰|骚扰|联系我)(?!地址)|"
    r"(?:不要|别|请勿|勿|停止)再?(?:继续)?(?:给我)?(?:发(?:了|送了|这些|这种|这类|此类|来)|烦我|来烦)|"
    r"\bunsubscrib\w{1,3}\b(?<!not unsubscribe)|\bopt(?:ing)?[- ]?(?:me )?out\b|\b(?:remove|take) me (?:from|"
    r"off)\b|\bleave me alone\b|"
    r"\bstop (?:sending|e-?mailing|mailing|contacting|spamming|bothering|asking|writing|surveying)(?: me| us| out)?"
    r"(?: (?:any|more|these|this|such|the|your|follow[- ]?up|satisfaction|kind|of|all|further)){0,4}"
    r"(?: (?:surveys?|e-?mails?|mails?|messages?|questionnaires?|follow[- ]?ups?|requests?|for feedback|"
    r"for ratings?|to rate))?(?=\s{0,3}(?:[.,!?;\n]|$|please|to me|again|now|at))|"
    r"\b(?:do not|don't|no need to|never) (?:ever )?(?:send|e-?mail|mail|contact|bother|survey|"
    r"write)(?: to)?(?: me| us)?"
    r"(?: (?:any|more|these|this|such|the|your|follow[- ]?up|satisfaction|kind|of|again|further|anymore)){0,5}"
    r"(?: (?:surveys?|e-?mails?|mails?|messages?|questionnaires?|follow[- ]?ups?))?(?=\s{0,3}(?:[.,!?;\n]|$|"
    r"please|to me|again|anymore))|"
    r"\bstop (?:these|the|your|all|this)(?: \w{1,12})? (?:surveys?|e-?mails?|mails?|messages?|questionnaires?)\b|"
    r"\bno more (?:of these )?(?:surveys?|e-?mails?|mails?|questionnaires?|follow[- ]?ups?)\b"
)
