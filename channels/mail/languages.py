"""What mail programs write around an earlier mail, by language: a table, no logic.

Indonesian and English first; the others are what the bigger programs (Gmail, Outlook, Apple, Yahoo,
Thunderbird, Zoho) write in these languages. Several words for one thing are parted by "|".
"""
# ruff: noqa: E501

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One language. `wrote` ends "On …, … wrote:", `on` begins it; `sender`, `sent`, `date`, `to`, `copy` and `subject` are
    labels of a mail's head; `original` and `forwarded` stand between rulers, `begins` is Apple's line above a mail
    that was passed on (without its colon)."""

    wrote: str = ""
    on: str = ""
    sender: str = ""
    sent: str = ""
    date: str = ""
    to: str = ""
    copy: str = ""
    subject: str = ""
    original: str = ""
    forwarded: str = ""
    begins: str = ""


LANGUAGES: dict[str, Words] = {
    "id": Words(
        wrote="menulis|menuliskan|telah menulis|menulis pesan", on="pada tanggal|pada|pd|tanggal|di",
        sender="dari", sent="dikirim|terkirim|dikirim pada", date="tanggal|hari/tanggal|tgl", to="kepada|ke|untuk", copy="cc|tembusan|salinan", subject="subjek|perihal|judul|subyek",
        original="pesan asli|pesan asal|email asli|surat asli|pesan awal|email sebelumnya|pesan sebelumnya|pesan balasan",
        forwarded="pesan terusan|pesan diteruskan|pesan yang diteruskan|pesan yang dikirim terusan|diteruskan oleh|email diteruskan|email terusan|email yang diteruskan|terusan|pesan yang diteruskan oleh",
        begins="mulai pesan terusan|awal pesan terusan|awal pesan yang diteruskan|memulai pesan yang diteruskan|mulai meneruskan pesan|pesan terusan|pesan yang diteruskan|begin pesan terusan",
    ),
    "ms": Words(
        wrote="menulis|telah menulis", on="pada", sender="daripada|dari", sent="dihantar", date="tarikh", to="kepada", copy="sk|salinan", subject="subjek|perkara",
        original="mesej asal|mesej asli", forwarded="mesej yang dimajukan|mesej dimajukan|mesej yang dikirim semula", begins="mesej dimajukan bermula|mula mesej dimajukan|mula mesej yang dimajukan",
    ),
    "en": Words(
        wrote="wrote|writes|sent|said|has written", on="on|at", sender="from", sent="sent|sent on", date="date|sent at", to="to", copy="cc|copy|bcc", subject="subject",
        original="original message|original appointment|original email|reply message|replied message|original mail|message from",
        forwarded="forwarded message|forwarded by|begin forwarded message|forwarded email|forward message|forwarded mail|forwarded letter|forwarded with changes|forwarded from|fwd message|forwarding",
        begins="begin forwarded message|begin forwarded email|forwarded message|start of forwarded message",
    ),
    "de": Words(
        wrote="schrieb|hat geschrieben|geschrieben|schreibt", on="am|den|vom", sender="von|absender", sent="gesendet|versendet|verschickt", date="datum", to="an|empfänger", copy="kopie|cc", subject="betreff|betrifft",
        original="ursprüngliche nachricht|originalnachricht|original-nachricht|ursprüngliche mail|original nachricht|antwort weiterleiten|ursprungliche nachricht|nachricht von",
        forwarded="weitergeleitete nachricht|weitergeleitete mail|weitergeleitet von|weitergeleitete e-mail|weitergeleitet", begins="anfang der weitergeleiteten nachricht|anfang der weitergeleiteten e-mail|beginn der weitergeleiteten nachricht|anfang der weitergeleiteten",
    ),
    "nl": Words(
        wrote="schreef|het volgende geschreven|geschreven|schrijft", on="op", sender="van|afzender", sent="verzonden|verstuurd", date="datum", to="aan", copy="kopie|cc", subject="onderwerp|betreft",
        original="oorspronkelijk bericht|originele bericht|origineel bericht|oorspronkelijke bericht", forwarded="doorgestuurd bericht|doorgestuurde bericht|doorgezonden bericht|doorgestuurd door", begins="begin doorgestuurd bericht|begin van doorgestuurd bericht",
    ),
    "sv": Words(
        wrote="skrev|skriver", on="den|på|kl", sender="från", sent="skickat|skickades", date="datum", to="till", copy="kopia", subject="ämne",
        original="ursprungligt meddelande|ursprungligt mess.|originalmeddelande|ursprungligt mejl", forwarded="vidarebefordrat meddelande|vidarebefordrat mejl|vidarebefordrat brev|vidarebefordrat av|vidarebefordrat e-brev", begins="vidarebefordrat brev|vidarebefordrat mejl|påbörja vidarebefordrat meddelande|påbörjat vidarebefordrat brev|börja vidarebefordrat meddelande",
    ),
    "nb": Words(
        wrote="skrev|skrev følgende|skriver", on="den|på|kl", sender="fra", sent="sendt", date="dato", to="til", copy="kopi", subject="emne",
        original="opprinnelig melding|opprinnelig beskjed|original melding", forwarded="videresendt melding|videresendt e-post|videresendt av", begins="videresendt melding|start på videresendt melding|begynnelse på videresendt melding|starten på videresendt melding|begynnelsen på videresendt melding",
    ),
    "da": Words(
        wrote="skrev|skrev følgende|skriver", on="den|d.|på", sender="fra", sent="sendt", date="dato", to="til", copy="kopi", subject="emne",
        original="oprindelig meddelelse|original meddelelse|original besked|oprindelig besked", forwarded="videresendt besked|videresendt meddelelse|videresendt mail|videresendt af", begins="start på videresendt besked|begyndelse på videresendt besked|videresendt besked|starten på en videresendt besked|begynd videresendt besked",
    ),
    "fr": Words(
        wrote="a écrit|a ecrit|écrit|a écrit le", on="le|en date du", sender="de|expéditeur|envoyé par", sent="envoyé|envoyé le|date d'envoi", date="date|message du", to="à|a|pour|destinataire", copy="copie à|cc|copie", subject="objet|sujet",
        original="message d'origine|message d’origine|message original|message initial|courriel d’origine", forwarded="message transféré|message transmis|mail transféré|message réexpédié|message envoyé|courriel transféré|e-mail transféré|transféré par|message forwardé|forwarded message", begins="début du message réexpédié|début du message transféré|début du message|début du courriel réexpédié|début du message transmis",
    ),
    "es": Words(
        wrote="escribió|escribio|ha escrito|escribe", on="el|en", sender="de|remitente", sent="enviado|enviado el|enviados", date="fecha", to="para|a|destinatario", copy="copia|cc", subject="asunto",
        original="mensaje original|mensaje de origen|correo original", forwarded="mensaje reenviado|correo reenviado|reenviado por|e-mail reenviado", begins="inicio del mensaje reenviado|comienzo del mensaje reenviado|inicio del correo reenviado|empieza el mensaje reenviado",
    ),
    "pt": Words(
        wrote="escreveu|escreveu o seguinte|escreve", on="em|no dia|a", sender="de|remetente", sent="enviado|enviado em|enviada em|enviada|enviado a|enviado por", date="data", to="para", copy="cópia|cc", subject="assunto",
        original="mensagem original|mensagem de origem|email original", forwarded="mensagem encaminhada|mensagem reencaminhada|mail encaminhado|encaminhado por|e-mail encaminhado|mensagem enviada", begins="início da mensagem encaminhada|início da mensagem reencaminhada|inicio da mensagem encaminhada|começo da mensagem encaminhada|início da mensagem",
    ),
    "it": Words(
        wrote="ha scritto|scrive|scritto", on="il giorno|il|in data", sender="da|mittente", sent="inviato|inviato il|inviata", date="data", to="a|per", copy="cc|copia", subject="oggetto",
        original="messaggio originale|messaggio di origine", forwarded="messaggio inoltrato|email inoltrata|messaggio rinviato|inoltrato da|mail inoltrata", begins="inizio messaggio inoltrato|inizio del messaggio inoltrato|inizio messaggio rinviato",
    ),
    "ca": Words(wrote="va escriure|ha escrit|escriure", on="el|dia", sender="de", sent="enviat|enviat el", date="data", to="per a|a", subject="assumpte|tema", original="missatge original", forwarded="missatge reenviat", begins="inici del missatge reenviat"),
    "gl": Words(wrote="escribiu", on="o", sender="de", sent="enviado", date="data", to="para", subject="asunto", original="mensaxe orixinal", forwarded="mensaxe reenviada", begins="inicio da mensaxe reenviada"),
    "pl": Words(
        wrote="napisał|napisał(a)|napisała|pisze|napisał/a|użytkownik napisał", on="w dniu|dnia|w|on", sender="od|nadawca", sent="wysłano|wysłane|data wysłania|wysłany", date="data", to="do", copy="dw|kopia|do wiadomości", subject="temat",
        original="oryginalna wiadomość|wiadomość oryginalna|wiadomość pierwotna|pierwotna wiadomość|wiadomość oryginalna", forwarded="przekazana wiadomość|wiadomość przekazana|treść przekazanej wiadomości|przesłana wiadomość|wiadomość przesłana dalej|przekazane przez|przekazywana wiadomość", begins="początek przekazywanej wiadomości|początek przekazanej wiadomości|początek wiadomości przekazanej dalej",
    ),
    "cs": Words(
        wrote="napsal|napsal(a)|napsala|píše|napsal/a", on="dne|dňa", sender="od|odesílatel", sent="odesláno|odeslané", date="datum", to="komu|pro", copy="kopie", subject="předmět|věc",
        original="původní zpráva|původní e-mail|původní email", forwarded="přeposlaná zpráva|předaná zpráva|přeposlaný e-mail|přeposlal|přeposlané zprávy", begins="začátek přeposílané zprávy|začátek přeposlané zprávy|začátek předané zprávy",
    ),
    "sk": Words(
        wrote="napísal|napísal(a)|napísala|píše", on="dňa|dne", sender="od|odosielateľ", sent="odoslané|odoslaná", date="dátum", to="komu|adresát", copy="kópia", subject="predmet|vec",
        original="pôvodná správa|pôvodná e-mailová správa", forwarded="preposlaná správa|postúpená správa|odoslaná správa|preposlaný e-mail", begins="začiatok preposlanej správy|začiatok postúpenej správy",
    ),
    "hu": Words(
        wrote="írta|ezt írta|a következőt írta|írt", on="ekkor|dátum", sender="feladó|küldő|innen", sent="elküldve|küldve|küldés ideje|küldés dátuma", date="dátum|időpont", to="címzett|címzettek", copy="másolat|másolatot kap", subject="tárgy",
        original="eredeti üzenet|eredeti levél", forwarded="továbbított üzenet|továbbított levél|továbbítva|továbbított e-mail", begins="továbbított levél kezdete|továbbított üzenet kezdete|a továbbított üzenet kezdete",
    ),
    "ru": Words(
        wrote="написал|написала|написал(а)|пишет|писал|писал(а)|написали", on="на|в|от|дата", sender="от|от кого|отправитель", sent="отправлено|отправлен|отправлена", date="дата", to="кому|получатель", copy="копия", subject="тема",
        original="исходное сообщение|оригинальное сообщение|первоначальное сообщение|исходное письмо", forwarded="пересланное сообщение|пересылаемое письмо|пересылаемое сообщение|перенаправленное сообщение|пересланное письмо|переадресованное сообщение|начало переадресованного", begins="начало переадресованного сообщения|начало пересылаемого сообщения|начало пересланного сообщения|начало переадресованного",
    ),
    "uk": Words(
        wrote="пише|написав|написала|написав(ла)|написав(-ла)", on="від|у|в|дата", sender="від|від кого|відправник", sent="надіслано|відправлено", date="дата", to="кому|одержувач", copy="копія", subject="тема",
        original="вихідне повідомлення|початкове повідомлення|оригінальне повідомлення", forwarded="переслане повідомлення|пересилання листа|перенаправлене повідомлення|переадресоване повідомлення|перенаправлений лист|пересланий лист", begins="початок листа, що пересилається|початок переадресованого повідомлення|початок пересланого повідомлення|початок листа|початок переадресованого листа",
    ),
    "bg": Words(wrote="написа|пише", on="на", sender="от", sent="изпратено", date="дата", to="до", copy="копие", subject="относно|тема", original="оригинално съобщение|първоначално съобщение", forwarded="препратено съобщение", begins="начало на препратеното съобщение"),
    "sr": Words(wrote="је написао|је написао/ла|је написала|je napisao|je napisao/la|je napisala", on="дана|dana", sender="од|шаље|šalje", sent="послато|poslato", date="датум|datum", to="за|коме|za", subject="наслов|тема|naslov", original="изворна порука|originalna poruka", forwarded="прослеђена порука|prosleđena poruka", begins="почетак прослеђене поруке|početak prosleđene poruke"),
    "hr": Words(
        wrote="je napisao|je napisao/la|je napisala|napisao je|je napisao/napisala", on="dana|u", sender="od|šalje|pošiljatelj", sent="poslano|poslano dana", date="datum", to="prima|za|primatelj", copy="kopija|kopija za", subject="predmet|naslov",
        original="izvorna poruka|originalna poruka|izvorna e-pošta", forwarded="proslijeđena poruka|prosljeđena poruka|proslijeđeno", begins="započni proslijeđenu poruku|početak proslijeđene poruke|započeta proslijeđena poruka",
    ),
    "sl": Words(wrote="je napisal|je napisala|je napisal/-a|je oseba", on="dne|v", sender="od|pošiljatelj", sent="poslano", date="datum", to="za|komu", copy="kp", subject="zadeva", original="izvirno sporočilo|prvotno sporočilo", forwarded="posredovano sporočilo", begins="začetek posredovanega sporočila"),
    "ro": Words(
        wrote="a scris|scrie", on="în data de|pe|la|in data de", sender="de la|expeditor|from", sent="trimis|trimis la", date="dată|data", to="către|catre|destinatar", copy="cc|copie", subject="subiect",
        original="mesaj original|mesajul original|mesaj inițial", forwarded="mesaj redirecționat|mesaj redirectionat|mesaj înaintat|mesaj retransmis|mesaj transmis|mesaj redirecţionat", begins="începe mesajul redirecționat|începutul mesajului redirecționat|început mesaj redirecționat|începe mesajul redirecţionat",
    ),
    "tr": Words(
        wrote="yazdı|şunu yazdı|şunları yazdı|tarihinde yazdı", on="tarihinde", sender="kimden|gönderen", sent="gönderildi|gönderilme tarihi|gönderme tarihi", date="tarih", to="kime|alıcı", copy="bilgi", subject="konu",
        original="özgün ileti|orijinal mesaj|orijinal ileti|özgün mesaj", forwarded="yönlendirilmiş ileti|iletilen mesaj|yönlendirilen ileti|iletilmiş mesaj|iletilen posta|yönlendirilen mesaj|iletilmiş ileti", begins="yönlendirilen iletinin başlangıcı|i̇leti başlangıcı|yönlendirilmiş iletinin başlangıcı|iletilen mesajın başlangıcı|i̇letilen mesajın başlangıcı|ileti başlangıcı",
    ),
    "fi": Words(
        wrote="kirjoitti|kirjoittaa", on="pe|la|ma|ti|ke|to|su", sender="lähettäjä|keneltä", sent="lähetetty|lähetysaika", date="päivä|päiväys|päivämäärä|pvm", to="vastaanottaja|kenelle|saaja", copy="kopio", subject="aihe|otsikko",
        original="alkuperäinen viesti|alkup. viesti", forwarded="välitetty viesti|edelleenlähetetty viesti|lähetetty edelleen", begins="välitetty viesti alkaa|edelleen lähetetty viesti alkaa|alku välitetylle viestille|välitettävä viesti alkaa",
    ),
    "et": Words(wrote="kirjutas", on="kuupäeval", sender="saatja|kellelt", sent="saadetud|saatmisaeg", date="kuupäev", to="adressaat|kellele|saaja", copy="koopia", subject="teema", original="algne sõnum|originaalkiri|algne kiri", forwarded="edastatud kiri|edastatud sõnum|edasisaadetud kiri", begins="edastatud sõnumi algus|edastatud kiri algab siit|edastatud kirja algus|edastatud sõnum algab"),
    "lv": Words(wrote="rakstīja|rakstija", on="plkst", sender="sūtītājs", sent="nosūtīts|sūtīts", date="datums", to="kam|adresāts", copy="kopija", subject="tēma|temats", original="sākotnējais ziņojums|oriģinālais ziņojums", forwarded="pārsūtīts ziņojums|pārsūtītā vēstule", begins="pārsūtītā ziņojuma sākums"),
    "lt": Words(wrote="rašė|parašė", on="data", sender="nuo|siuntėjas", sent="išsiųsta|siųsta", date="data", to="kam|iki", copy="kopija", subject="tema", original="pradinis pranešimas|originalus laiškas", forwarded="persiųstas laiškas|persiunčiamas laiškas|persiųstas pranešimas", begins="persiųsto laiško pradžia|pradėti persiųstą pranešimą"),
    "el": Words(wrote="έγραψε|έγραψε τα εξής", on="στις|την", sender="από", sent="στάλθηκε|εστάλη|αποστολή", date="ημερομηνία|ημερ/νία", to="προς", copy="κοιν.", subject="θέμα", original="αρχικό μήνυμα|αυθεντικό μήνυμα", forwarded="προωθημένο μήνυμα", begins="αρχή προωθημένου μηνύματος|αρχή του προωθημένου μηνύματος"),
    "is": Words(wrote="skrifaði", on="þann", sender="frá", sent="sent", date="dagsetning", to="til", subject="efni", original="upprunaleg skilaboð", forwarded="framsend skilaboð|áframsent skeyti"),
    "eu": Words(wrote="idatzi du|igorleak idatzi zuen", sender="nork|igorlea", date="data", to="nori", subject="gaia", original="jatorrizko mezua", forwarded="birbidalitako mezua"),
    "ga": Words(wrote="scríobh"),
    "sq": Words(wrote="shkroi|ka shkruar", on="më", sender="nga", sent="dërguar", date="data", to="për", subject="subjekti", original="mesazhi origjinal", forwarded="mesazh i përcjellë"),
    "vi": Words(wrote="đã viết|viết", on="vào|ngày", sender="từ|người gửi", sent="đã gửi|gửi|gửi lúc", date="ngày|thời gian", to="tới|đến|người nhận", copy="cc", subject="chủ đề|tiêu đề", original="tin nhắn gốc|thư gốc", forwarded="thư được chuyển tiếp|tin nhắn được chuyển tiếp|thư đã chuyển tiếp|chuyển tiếp", begins="bắt đầu thư được chuyển tiếp|bắt đầu thư chuyển tiếp"),
    "th": Words(wrote="เขียนว่า|เขียน|ได้เขียน", on="เมื่อ|วันที่|ในวันที่", sender="จาก", sent="ส่ง|ส่งเมื่อ", date="วันที่", to="ถึง", copy="สำเนา", subject="เรื่อง|หัวเรื่อง|หัวข้อ", original="ข้อความต้นฉบับ", forwarded="ข้อความที่ส่งต่อ", begins="เริ่มข้อความที่ส่งต่อ|เริ่มต้นข้อความที่ส่งต่อ"),
    "tl": Words(wrote="sumulat|isinulat ni|ay sumulat|isinulat", on="noong|noong ika", sender="mula kay|mula sa", date="petsa", to="para kay|kay", subject="paksa", original="orihinal na mensahe", forwarded="ipinasang mensahe|naipasang mensahe"),
    "zh": Words(wrote="写道|寫道|撰寫|于|写|寫", on="于|在|於", sender="发件人|寄件者|寄件人|發件人|发送人", sent="发送时间|寄件日期|傳送時間|发送日期|傳送日期|發送時間|已发送", date="日期|时间|時間", to="收件人|收件者", copy="抄送|副本|副本抄送", subject="主题|主旨|主題|标题", original="原始邮件|原始郵件|邮件原件|原邮件|原始訊息|原始信件", forwarded="转发的邮件|轉寄的郵件|转发邮件|轉寄郵件|转发邮件信息|已转发邮件|轉寄者|转发的消息|已轉寄郵件|以下是转发的邮件", begins="转发的邮件|开始转发的邮件|開始轉寄郵件|以下是转发的邮件|下面是被转发邮件的开始部分|开始被转发的邮件|轉寄的郵件|以下是轉寄的郵件"),
    "ja": Words(wrote="書きました|のメール|書き込みました|wrote|さんは書きました", on="日時", sender="差出人|送信者|送信元", sent="送信日時|送信日|送信", date="日付|日時|送信日時", to="宛先", copy="cc|写し", subject="件名", original="元のメッセージ|オリジナルメッセージ|元のメール", forwarded="転送メッセージ|転送されたメッセージ|転送メール|転送者|forwarded message", begins="転送されたメッセージ|転送メッセージ|転送されたメール|転送元メッセージ"),
    "ko": Words(wrote="님이 작성|작성|님이 썼습니다|썼습니다|작성했습니다", on="보낸 날짜", sender="보낸 사람|보낸사람|발신|발신인", sent="보낸 날짜|보낸날짜|보낸 시간", date="날짜|일시", to="받는 사람|받는사람|수신|수신인", copy="참조", subject="제목", original="원본 메시지|원본 메일|원본메세지|원본메시지", forwarded="전달된 메시지|전달된 메일|전달 메시지", begins="전달된 메시지|전달된 메시지 시작|전달된 메일"),
    "hi": Words(wrote="ने लिखा|लिखा|ने यह लिखा", on="को", sender="प्रेषक|से", sent="भेजा गया", date="दिनांक|तारीख", to="प्रति|को", subject="विषय", original="मूल संदेश", forwarded="अग्रेषित संदेश"),
    "bn": Words(wrote="লিখেছেন", on="তারিখে", sender="থেকে|প্রেরক", sent="পাঠানো হয়েছে", date="তারিখ", to="প্রাপক|প্রতি", subject="বিষয়", original="মূল বার্তা", forwarded="ফরওয়ার্ড করা বার্তা"),
    "ta": Words(wrote="எழுதியது|எழுதினார்", sender="அனுப்புநர்", date="தேதி", to="பெறுநர்", subject="பொருள்", original="அசல் செய்தி"),
    "he": Words(wrote="כתב|כתבה|כתב/ה|מאת|כתב:|כתב/ה:", on="בתאריך|ב-|ביום", sender="מאת|מ", sent="נשלח|נשלח בתאריך", date="תאריך", to="אל|לכבוד", copy="עותק", subject="נושא|הנדון", original="הודעה מקורית|ההודעה המקורית", forwarded="הודעה שהועברה|הועבר", begins="תחילת ההודעה שהועברה|התחל הודעה שהועברה"),
    "ar": Words(wrote="كتب|كتبت|كتب/ت", on="في|بتاريخ", sender="من|المرسل", sent="تاريخ الإرسال|أرسلت|تم الإرسال", date="التاريخ|تاريخ", to="إلى", copy="نسخة", subject="الموضوع", original="الرسالة الأصلية|رسالة أصلية", forwarded="رسالة معاد توجيهها|الرسالة المعاد توجيهها|رسالة معاد إرسالها", begins="بداية الرسالة المعاد توجيهها|بدء الرسالة المعاد توجيهها|بداية الرسالة المعاد إرسالها"),
    "fa": Words(wrote="نوشت|نوشته است", on="در", sender="از|فرستنده", sent="ارسال شده", date="تاریخ", to="به|گیرنده", subject="موضوع", original="پیام اصلی", forwarded="پیام هدایت شده"),
    "ur": Words(wrote="نے لکھا", sender="از طرف", date="تاریخ", to="بنام", subject="عنوان", original="اصل پیغام"),
    "ka": Words(wrote="დაწერა", sender="ვისგან", date="თარიღი", to="ვის", subject="თემა"),
    "hy": Words(wrote="գրել է|գրեց", sender="ումից", date="ամսաթիվ", to="ում", subject="թեմա"),
    "sw": Words(wrote="aliandika|ameandika", on="mnamo", sender="kutoka", date="tarehe", to="kwa", subject="mada", forwarded="ujumbe uliotumwa mbele"),
    "af": Words(wrote="het geskryf|skryf", on="op", sender="van", sent="gestuur", date="datum", to="aan", subject="onderwerp", original="oorspronklike boodskap", forwarded="aangestuurde boodskap"),
}  # fmt: skip
"""Which words a language uses."""


def every(thing: str) -> tuple[str, ...]:
    """All words of all languages for one field of `Words`, once each, longest first."""
    found = {word for words in LANGUAGES.values() for word in getattr(words, thing).split("|") if word}
    return tuple(sorted(found, key=lambda word: (-len(word), word)))


def alternatives(words: tuple[str, ...]) -> str:
    """A pattern of any of them; longest first, so that a word that begins another does not hide it."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


UNSPACED = ("写道", "寫道", "撰寫", "書きました", "のメール", "작성", "썼습니다", "เขียน", "ने लिखा", "লিখেছেন")
"""Endings of a header in languages that set no blank before them."""

FORWARD_SUBJECT = re.compile(
    r"\s*(?:\[[^\]\s]{1,40}\]\s*)?(?:\[?(?:fwd?|fw|trs|terusan|teruskan|diteruskan|wg|wtr|tr|rv|renv|enc|vl|vb|vbf|doorst|doorsturen|"
    r"i|inoltra|pd|prz|pfd|fs|tov|ilt|i̇lt|ynl|vid|vidare|пересл|пер|пересылка|转发|轉寄|轉發|転送|전달|chuyển tiếp|ส่งต่อ|הועבר|إعادة توجيه|"
    r"redir|přep|προωθ|πρθ)\s*(?:\[\d{1,3}\]|\(\d{1,3}\))?\s*[:：]|.{0,200}\(fwd\)\s*\Z)",
    re.IGNORECASE,
)
"""A subject that says: I pass this on. "VS" is an answer in Finnish and a forward in Danish, and counts for neither."""
