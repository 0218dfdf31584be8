"""How people type: short and careless spellings to plain words. Generic language; a pack adds its own.

One line an entry: plain words, a colon, the spellings. Spellings that are plain words themselves stay out.
"""

# ruff: noqa: E501 - one entry a line reads better than a wrapped one
from __future__ import annotations

_LIST = """
yang: yg yng yank
tidak: nga ngk tdk tak gak ga g nggak ngga enggak gk ngak engga kagak kaga gag ndak nda tida tdak tidk gx ora mboten ndk kgk nggk nggaa engak tidaak kga
tidak usah: gausah gakusah ngausah nggausah gosah
tidak punya: gapunya gakpunya gpunya
tidak ada: gada gaada gakada tdkada nggada ngada
tahu: tau taw tao
tidak tahu: gatau gtw gaktau gatw gtau gktau
tidak mau: gamau gakmau gmau
tidak bisa: gabisa gakbisa gbs gbsa
belum: blm blum belom blom blon durung blm2 belon
sudah: sdh udah udh dah sdah suda uda wis wes sdh2 udahan
sudah tidak: udahga
iya: iy iyah iyaa iyo iyes iyya iye iyha y enggih
ya: yaa yah yha yaaa
betul: btl2 bnr2 betool btul betl
benar: bener bnr benr bnar beneran bener2
bukan: bkn bukn bukann bknn
oke: ok okay okey okeh okeee okee okk k okelah oks okidoki okaay
silakan: silahkan monggo mangga
saya: sy sya aq ak aku gue gw gua w saia sayah ane
kamu: km kmu lu lo loe
kami: kmi
kita: qta
dengan: dgn dg dngn dngan
dari: dr dri darii
untuk: utk tuk untk
pada: pd
dalam: dlm
dan: n &
atau: ato atw
kalau: kalo klo kl klw kalu
karena: krn karna krna soalnya gegara
seperti: kayak kaya kyk kek sperti
bagaimana: gimana gmn gmana bgmn bagaimna piye gmna gimna
kenapa: knp knapa napa ngapa
mengapa: mngapa
kapan: kpn kapn
siapa: sp
dimana: dmn dimn
berapa: brp brapa brpa piro
apa: ap apaan
apakah: apkh apkah
mana: mn
bisa: bs bsa isa
dapat: dpt dapet dpet
mau: mo mw pengen pingin pgn pengin
akan: bakal
jadi: jd jdi
juga: jg jga
lagi: lg lgi
saja: aja aj doang doank sj
hanya: cm cuma cuman cman cmn hny
baru: bru br
masih: msh msih
sama: ama sm
semua: smua smw
banyak: bnyk byk banyk
sekali: banget bgt bngt bgtt skali skl bgd buanget
sangat: sgt sngt
lebih: lbh lbih
kurang: krg krang kurng kureng kurg
terus: trs trus
tetapi: tp tapi tpi tapii
terima kasih: makasih mksh mksih trims trimakasih terimakasih tengkyu makasi maksih nuhun suwun matursuwun tengkiu mks trimks mkasih makasihh
thanks: thx tq ty tks thks thnks thanx thankyou thnx
tolong: tlg tlong tolg
mohon: mhn moon
maaf: maap sori sory sry mf
tanggal: tgl tg tngl tggl
bulan: bln
tahun: thn
hari: hr
jam: jm
minggu: mgg mnggu mingg
senin: snn senen
selasa: sls
kamis: kms
jumat: jumaat jum'at jmt
sabtu: sbt sabtuu
kemarin: kmrn kemaren kmarin kmren kmrin kemarn
besok: bsk besuk
nanti: nnt ntar entar
tadi: td tadii
sekarang: skrg skrng skr skarang
barang: brg brng barangg
pesanan: psnan orderan pesenan ordderan
pesan: psn pesen
memesan: mesen mesan ngorder mengorder
beli: bli
membeli: mbeli ngebeli
dibeli: dibeliin
kirim: krm kirm krim
dikirim: dikrm dikirm dikrim
mengirim: ngirim
diterima: ditrima dtrima
terima: trima
datang: dtg datng dteng dateng
sampai: smp sampe nyampe nyampai smpe smpai nyampek sampek
diantar: dianter
bayar: byr
dibayar: dibyr
harga: hrg
rusak: rsk rsak rusakk
pecah: pcah pech
bocor: bcr bcor
penyok: peyok peot pesok
kadaluarsa: kadaluwarsa kedaluwarsa kedaluarsa kadarluarsa kadaluarasa kadalwarsa kadarluasa kadaluasa daluwarsa
expired: exp expire expires expiry expayer ekspired expaired expd ekspayet ekspire xpired
salah: slh
nomor: nmr nomer nmer nomr
hp: handphone hape henpon ponsel
telepon: telp tlp telpon tlpn tlf telfon telpn
whatsapp: wa whatsap watsap
admin: min mimin admn
kakak: kk kka
kak: ka
bapak: bpk
ibu: ibuk ibuu
mas: mass
mbak: mba embak mbk
orang: org orng
rumah: rmh
alamat: almt alamt
nama: nm nma
jumlah: jml jmlh jumlh
produk: prodak prduk
bungkus: bngkus
kualitas: kwalitas kualits
pelayanan: playanan plyanan pelayannan
masalah: mslh maslah
komplain: komplen komplaen komplin kompelin
mengeluh: ngeluh
retur: retour
ganti: gnti
tukar: tuker
uang: duit
kembali: balik kmbali
lambat: lemot lelet
cepat: cpt cepet
langsung: lgsg lgsung lsg
sebentar: bentar bntr sbntr sebntr
tunggu: tnggu tungguin
menunggu: nunggu nungguin
lihat: liat
bilang: blg
kasih: ksh kasi
pakai: pake pk pke
sesuai: ssuai seusai sesuei
beda: bda
tidak sesuai: gasesuai
harusnya: hrsnya harusny
seharusnya: seharusny shrsnya
sebenarnya: sebenernya sbnrnya
maksud: maksut mksd
maksudnya: maksutnya mksdnya mksudnya
dulu: dlu
lain: lainnya
siang: syang met_siang
selamat: slmt slamat met
pagi: pgi
malam: mlm malem
assalamualaikum: ass asslm askum assalamu'alaikum assalamualaykum aslmkm assalammualaikum asalamualaikum assalamulaikum samlekum assalam aslm assalamu'alaykum asslamualaikum
waalaikumsalam: wa'alaikumsalam walaikumsalam waalaikum
kardus: kerdus
gatal: gatel gatal2 gatel2
bayi: baby bayik
supir: sopir
viral: piral
viralkan: viralin viralkn
medsos: sosmed
do not: don't dont
does not: doesn't doesnt
did not: didn't didnt
is not: isn't isnt ain't aint
are not: aren't arent
was not: wasn't wasnt
were not: weren't werent
can not: can't cant cannot
could not: couldn't couldnt
will not: won't wont
would not: wouldn't wouldnt
should not: shouldn't shouldnt
has not: hasn't hasnt
have not: haven't havent
had not: hadn't hadnt
i am: i'm im
i have: i've ive
i will: i'll
i would: i'd
it is: it's
that is: that's thats
what is: what's whats
where is: where's wheres
who is: who's
there is: there's
he is: he's
she is: she's
you are: you're youre
we are: we're
they are: they're theyre
we have: we've
let us: let's lets
please: pls plz plis pliss
you: u
your: ur
because: cuz coz bcoz
people: ppl
received: recieved recived
delivered: deliverd
invoice: invois infoice
want to: wanna
going to: gonna
yes: yess yesss yees
no: noo nooo
"""


def _read(text: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for line in text.strip().splitlines():
        plain, _, spellings = line.partition(":")
        for spelling in spellings.split():
            table.setdefault(spelling, plain)
    return table


SLANG: dict[str, str] = _read(_LIST)
"""Spelling to plain words."""
