"""Words of Indonesian and English that every company's customers use: language data, nothing of a company."""

from __future__ import annotations


def words_of(text: str) -> frozenset[str]:
    """The words of `text`, parted by blanks."""
    return frozenset(text.split())


INDONESIAN = words_of(
    """
    ada adalah admin agak agar akan aku aja alamat anda antar apa apakah apabila atas atau ayo bagai
    bagaimana bagus bahwa baik baru barang banget banyak batal bayar beberapa begini begitu beli belum
    benar berapa beres berat berbeda beri bermasalah besar besok betul biar biasa biasanya bilang bisa
    boleh bolehkah bos bocor botol buat bukan bukti bulan cek cepat cuma coba cukup dan dapat dari datang
    daripada dahulu dalam dengan depan dia diantar dibantu dicek diganti dikirim dikirimkan dipesan
    diproses diri disini diterima dimana di dong dulu dus empat enak gabung ganti gak gangguan gimana
    habis hai hanya hari harga harus harusnya hilang hingga hubungi ini ingin itu iya jadi jangan jam
    jelas jelek juga jual jumlah juta kalau kami kamu kan kapan karena kasih kata kayak kecewa kemarin
    kenapa kepada kepala keluhan kemana kembali kemasan kemudian kena kenal kecil keras ketika kerja ke
    kirim kita kok komplain kosong kualitas kurang kurir lagi lain lalu lama lambat langsung lebih lewat
    lima lupa lusa maaf mahal maka makan makanya maksud malah malam mana masalah masih masuk mau mana
    mengapa memang mengenai menjadi menunggu merasa mereka mesti minggu minta mohon muka mulai mungkin
    murah nah nanti nama namun nih nomor nunggu nya oleh orang pada padahal pagi pakai paling paket para
    parah pas pasti pecah pelayanan pembeli penjual perlu pernah pertama pesan pesanan pihak produk puas
    pula pun punya rasa rasanya rusak saat saja salah saling sama sampai sana sangat satu saya sebagai
    sebab sebelum sebuah secara sedang sedikit segera sehingga sejak sekali sekarang selalu selamat semua
    sekian sendiri seperti seratus sesuai setelah setiap siang siapa sih sini sore suka sudah susah surat
    tadi tahu takut tambah tanggal tanpa tapi tanya tahun telah telepon teman tempat tentang tepat
    ternyata tersebut terima terlalu terus tetap tetapi tidak tiga toko tolong tua tukar turun uang udah
    ulang untuk waktu waduh walau wah ya yaitu yakin yang yuk bapak ibu kak pak bu mas mbak siapakah malas
    mohonlah beliau bang jelaskan lagi kalian tua kedua dua enam tujuh delapan sembilan sepuluh pembayaran
    pembelian pengiriman sudahkah ralat silakan oke gitu gini apaan banget kedaluwarsa daftar dapatkan
    cara caranya jawab balas sampah gatal mual keracunan basi bau ulat lecek penyok sobek robek kadaluarsa
    terlambat telat tagihan faktur nota gudang sopir supir toko warung saran usul kritik sebaiknya hormat
    kesal jangankan mengecewakan menyesal rugi kapok tunggu sebentar baiklah sip lumayan warna ukuran
    bahan dipakai dibuka hapus hidup mati nyala jaringan sinyal kuota pulsa cicil matang tidur rumah
    sekolah anak bayi suami istri buruk boros busuk baterai batre awet pelit ribet sulit mudah lucu indah
    cantik keren ramah sopan kasar tebal tipis kakak adik santai sarang garang teras tangan jalan kantor
    setor bantu bantuan segel tutup rapat penuh
    """
)

REAL = words_of(
    """
    pasar pasif berkas geram sabut sabung kerap kedap kecam kecup bakat bubur bubut bambu colok cerah curam
    garing karang kurung lantas landai lemah limbah lambung melatih mewah megah meriah minim pesta pasca
    pundak pulih patih rentang resiko risiko sambil santun serah seret tinta tamat wajar wadah wajan bidan
    kendal merak bekas berat bebas kalung lembar lembab lembap kontak kota gadis write friend power coins
    """
)
"""Words one letter away from the names of goods, which nobody has misspelt: "pasar" is no sugar (pasir),
"berkas" no rice (beras). Nothing else is told by them."""

GOODS = words_of(
    """
    nasi ayam ikan air minyak gula beras tepung sabun susu kopi teh garam kecap telur buah sayur daging
    mie mi roti keju mentega margarin saus sambal sirup biskuit permen cokelat coklat deterjen sampo tisu
    keripik kerupuk bumbu
    """
)
"""Everyday goods: Indonesian words, but never the end of a product's name."""

ENGLISH = words_of(
    """
    a about after again all also always am and another any anyone anything are as ask at away back bad be
    because been before being best better between big both bought box bring broken but buy by call came
    can cannot change check closed come could customer damaged day days did different does doing done down
    each either even ever every everything expired feel few find first fix for from full get getting give
    go going good got great had happen happened has have he help her here hers him his how however i if in
    instead into is issue it its just keep know last late later least leave left let like little long look
    looking made make many may maybe me mean might missing more morning most much must my need never new
    next nice nobody not nothing now of off often old on once one only open or other our out over own paid
    part pay people please possible problem put quite really received refund reply right said same say see
    seem seems send sent several she should since so some somebody someone something soon sorry speak
    still stop such sure take talk tell than thank thanks that the their them then there these they thing
    things think this those though three through time today together told tomorrow too tried try trying
    two under until up us use used very wait waiting want wanted was way we week well went were what when
    where whether which while who whom whose why will wish with within without wonder wrong would yes
    yesterday yet you your yours yourself hello hi hey yeah yep nope absolutely definitely certainly
    correct indeed agree course evening afternoon night purchase purchased delivered arrived item items
    goods broken leaking spoiled short damaged bottle bottles money account number phone name address
    invoice date expiry mistake guess doubt idea maybe perhaps bye goodbye true false great welcome happy
    sad awesome terrible horrible amazing excellent poor perfect fine sure assistance cancelling cancel
    shipping information opening hours human agent real person
    """
)

NEGATIONS = words_of(
    "tidak bukan belum jangan tanpa tiada not no never without nothing none neither nor bukannya takkan"
)
BRIDGES = words_of(
    "ada yang pernah sampai karena jadi akan mau ingin merasa ini itu lagi sama any been have a an be was is"
    " of it to yet that sedang juga ikut terlalu sekali begitu benar-benar so very really the in dari karna"
)
"""Words that may stand between a negation and what it negates."""

FILLERS = words_of(
    """
    ya iya kak kakak min admin pak bapak bu ibu mas mbak mba bang bro sis gan om bos dong deh sih kok nih
    tuh loh lho kan lah mah oh ooh ah eh hmm hm em um uh well please pls sir madam maam dear so hai halo
    hi hello hey tolong mohon maaf sorry sudah aja saja kok the a is it its itu ini nya atuh euy gaes guys
    team tim
    """
)

YES = words_of(
    """
    ya iya betul benar tepat setuju oke siap sip sippo yap yup yoi leres nggih inggih cocok sesuai boleh
    silakan lanjut lanjutkan pas mantap sepakat baik baiklah yes yeah yea yep yeh yess aye correct right
    sure exactly absolutely definitely certainly indeed affirmative true agreed totally precisely okay
    alright confirmed confirm obviously positive surely undoubtedly naturally clearly accurate sounds
    uhhuh
    """
)
NO = words_of(
    """
    tidak bukan salah keliru jangan enggak no nope nah not wrong incorrect negative false never nay belum
    batal nein nopes nada inaccurate untrue naw negatory invalid fake erroneous bogus nonsense disagree
    noo moh emoh
    """
)
UNSURE = words_of(
    """
    mungkin kayaknya sepertinya entah entahlah maybe perhaps possibly unsure uncertain might depends
    undecided doubtful debatable unclear unknown barangkali mungkinkah
    """
)
BUT = words_of(
    """
    tapi tetapi namun but except however hanya cuma cuman kecuali only instead rather
    """
)
RIGHTING = words_of(
    """
    harusnya seharusnya mestinya semestinya sebenarnya ralat koreksi ganti diganti ubah diubah revisi
    perbaiki tukar pindah geser diundur undur dimajukan ditambah dikurangi change correction actually
    should rather instead fix edit update
    """
)

NUMBERS: dict[str, float] = {
    "nol": 0, "satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7, "delapan": 8,
    "sembilan": 9, "sepuluh": 10, "sebelas": 11, "seratus": 100, "seribu": 1000, "sebuah": 1, "sebiji": 1,
    "sepasang": 2, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30,
    "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
TIMES: dict[str, float] = {"puluh": 10, "ratus": 100, "ribu": 1000, "hundred": 100, "thousand": 1000}
WHOLE = words_of(
    """
    hanya tanya punya bertanya nanya maksudnya contohnya sepertinya kayaknya sebenarnya seharusnya
    harusnya sebaiknya baiknya biasanya akhirnya mestinya belas sesuatu tentunya pastinya bukannya
    kenyataannya nyatanya rupanya
    """
)
"""Words that end like a clitic but are whole, and words that must not be taken for a slip of others."""

HALVES = words_of("setengah separuh separo half")

MONTHS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "januari jan january", "februari feb pebruari february peb", "maret mar march mrt", "april apr",
        "mei may", "juni jun june", "juli jul july", "agustus agu ags agt aug august agust",
        "september sep sept", "oktober okt oct october", "november nov nop nopember",
        "desember des dec december",
    ),
    start=1,
):  # fmt: skip
    for _name in _names.split():
        MONTHS[_name] = _number

WEEKDAYS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "senin monday mon", "selasa tuesday tue tues", "rabu wednesday wed", "kamis thursday thu thur thurs",
        "jumat jum'at friday fri", "sabtu saturday sat", "minggu ahad sunday sun",
    )
):  # fmt: skip
    for _name in _names.split():
        WEEKDAYS[_name] = _number

COUNTERS = words_of(
    """
    pcs pc biji buah botol btl kaleng bungkus bks sachet saset dus dos kardus karton ctn box boxes kotak
    lusin lsn dozen sak karung krat peti bal pak pack renteng kodi jerigen jeriken galon tabung tube roll
    rol lembar helai unit item items pieces piece bottles bottle cans can bag bags crate crates carton
    cartons packs set pasang
    """
)
"""Words a count goes with, of any company; those of the pack have ids, these have not."""

SIZES = {
    "l": "l", "ltr": "l", "lt": "l", "liter": "l", "litre": "l", "liters": "l", "litres": "l", "ml": "ml",
    "mili": "ml", "gr": "g", "g": "g", "gram": "g", "grams": "g", "kg": "kg", "kilo": "kg",
    "kilogram": "kg", "kgs": "kg",
}  # fmt: skip

HONORIFICS: dict[str, str] = {
    "pak": "Pak", "bapak": "Pak", "bpk": "Pak", "bp": "Pak", "bu": "Bu", "ibu": "Bu", "bunda": "Bu",
    "mas": "Mas", "mbak": "Mbak", "mba": "Mbak", "kak": "Kak", "kakak": "Kak", "koh": "Koh",
    "engkoh": "Koh", "kokoh": "Koh", "ko": "Koh", "ci": "Ci", "cici": "Ci", "cik": "Ci", "cece": "Ci",
    "ce": "Ci", "bang": "Bang", "abang": "Bang", "om": "Om", "tante": "Tante", "uda": "Uda", "uni": "Uni",
    "kang": "Kang", "teh": "Teh", "teteh": "Teh", "ustadz": "Ustadz", "ustad": "Ustadz", "ustaz": "Ustadz",
    "gus": "Gus", "daeng": "Daeng", "bli": "Bli", "mr": "Mr", "mrs": "Mrs", "ms": "Ms", "dr": "Dr",
}  # fmt: skip
HAJI: dict[str, str] = {"haji": "Haji", "hajjah": "Hajjah", "haj": "Haji", "hj": "Hajjah", "h": "Haji"}

FINE = words_of("lama jauh panjang aman bagus oke baik baru good fine far fresh long ok okay")
"""After "masih": what was feared is not so."""
PLACES = words_of(
    """
    jakarta bogor depok tangerang bekasi bandung serang cilegon karawang purwakarta cikarang sukabumi
    cianjur garut tasikmalaya cirebon semarang solo surakarta yogyakarta jogja surabaya malang sidoarjo
    gresik kediri madiun jember banyuwangi denpasar bali medan padang pekanbaru palembang lampung jambi
    bengkulu batam pontianak banjarmasin balikpapan samarinda makassar manado kendari palu ambon jayapura
    mataram kupang tegal pekalongan kudus magelang purwokerto cilacap banten jawa sumatera kalimantan
    sulawesi papua lombok
    """
)
"""Towns are no misspelt words: "bogor" is not "bocor"."""
ABUSE = words_of(
    """
    idiots morons imbecile bodoh dongo
    anjing anjir anjrit anjeng asu bangsat bajingan brengsek goblok goblog tolol bego dungu kampret
    keparat sialan kontol memek ngentot jancok jancuk cok tai taik bacot setan iblis monyet idiot pantek
    puki kimak fuck fucking fucked shit bullshit bastard asshole bitch moron dumbass cunt wtf stfu
    """
)
NOT_ABUSE_AFTER = words_of(
    "makanan pakan kandang dog cat food snack susu obat sampo shampoo kutu cap merek merk untuk"
)
UPSET = words_of(
    """
    kecewa kesal kesel jengkel sebal sebel marah emosi geram parah payah mengecewakan capek lelah muak
    dongkol keterlaluan nyesel menyesal kapok disappointed disappointing angry upset annoyed frustrated
    unacceptable terrible horrible furious ridiculous awful outrageous disgusting
    """
)

ORDERED = words_of(
    """
    beli membeli dibeli kubeli pesan memesan dipesan kupesan order ordered bought purchased purchase
    seharusnya harusnya mestinya semestinya faktur invoice nota pesanan total orderan checkout buy
    tertulis tercantum tertera
    """
)
RECEIVED = words_of(
    """
    datang sampai terima diterima menerima kuterima tiba dapat mendapat dikirim kirim dikirimkan dikirimi
    diantar antar received arrived arrive came got delivered deliver sent masuk
    """
)
AFFECTED = words_of(
    """
    kurang kekurangan kurangnya pecah rusak bocor penyok kelebihan lebih kadaluarsa expired basi hilang
    missing broken short extra salah cacat retur tukar basah robek sobek berjamur berkutu busuk remuk
    hancur retak ketinggalan tertinggal damaged leaking leaked dented spoiled rotten mouldy moldy wrong
    torn crushed cracked kempes menggembung kembung bau apek tengik selisih minus affected excess
    bermasalah tumpah lecet lebihan return apkir melempem
    """
)
ONLY = words_of("hanya baru cuma only just cuman")
NOT_COUNTED = words_of(
    """
    hari jam menit detik minggu pekan bulan tahun kali orang persen juta jt rb ribuan mg am pm wib wita
    wit day days hour hours minute minutes week weeks month months year years times people percent bintang
    star stars lantai km meter toko outlet cabang malam pagi rupiah perak st nd rd th lembar halaman kurir
    mobil truk second seconds x
    """
)
NOT_COUNTED_BEFORE = words_of(
    "rp idr jam pukul tanggal nomor no rt rw kios blok ke usd at gang jalan jl kav lantai umur usia"
)
