"""Files of vCards as phones and programs write them; the people in them are made up."""

from __future__ import annotations

IPHONE = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//iPhone OS 18.1//EN\r\nN:Nordmann;Kari;Marie;;\r\n"
    "FN:Kari Marie Nordmann\r\nORG:Nordmann & Sønn AS;Salg\r\nTITLE:Daglig leder\r\n"
    "EMAIL;type=INTERNET;type=HOME:kari@home.example\r\n"
    "EMAIL;type=INTERNET;type=WORK;type=pref:kari@nordmann.example\r\n"
    "TEL;type=WORK;type=VOICE:22 00 00 01\r\nTEL;type=CELL;type=VOICE;type=pref:+47\u00a0912\u00a034\u00a0567\r\n"
    "item1.TEL:+47 22 00 00 02\r\nitem1.X-ABLabel:_$!<HomeFAX>!$_\r\n"
    "item2.ADR;type=HOME;type=pref:;;Storgata 1;Oslo;;0155;Norway\r\nBDAY:1980-04-01\r\n"
    "NOTE:Ring after ten\\, not before\\nand never on Fridays\r\n"
    "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAASABIAAD/4QBYRXhpZgAATU0AKgAAA\r\n"
    " AgAAgESAAMAAAABAAEAAIdpAAQAAAABAAAAJgAAAAAAA6ABAAMAAAABAAEAAKACAAQAAAABAAA\r\n"
    "END:VCARD\r\n"
).encode()

ANDROID = (
    b"BEGIN:VCARD\r\nVERSION:2.1\r\n"
    b"N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=98=73=74=62=79;=48=C3=A5=6B=6F=6E;;;\r\n"
    b"FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=48=C3=A5=6B=6F=6E=20=C3=98=73=\r\n=74=62=79\r\n"
    b"TEL;CELL;PREF:91234568\r\nTEL;HOME;FAX:22 00 00 09\r\nTEL;X-Hytta:+4722000008\r\n"
    b"NOTE;ENCODING=QUOTED-PRINTABLE:Two=0D=0A=\r\nlines\r\n"
    b"PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEB\r\n"
    b"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==\r\n\r\nEND:VCARD\r\n"
)

OUTLOOK = (
    b"BEGIN:VCARD\r\nVERSION:2.1\r\nX-MS-OL-DESIGN;CHARSET=utf-8:<card><img/></card>\r\n"
    b"N;LANGUAGE=cs;CHARSET=windows-1250:Nov\xe1kov\xe1;Eva;;Ing.\r\n"
    b"FN;CHARSET=windows-1250:Ing. Eva Nov\xe1kov\xe1\r\nORG;CHARSET=windows-1250:\x8akoda Servis;N\xe1kup\r\n"
    b"TEL;WORK;VOICE:+420 224 000 111\r\nTEL;CELL;VOICE:+420 777 000 111\r\n"
    b"ADR;WORK;PREF;CHARSET=windows-1250;ENCODING=QUOTED-PRINTABLE:;;Hlavn=ED 1=0D=0A=\r\nbudova B;Praha\r\n"
    b"EMAIL;PREF;INTERNET:eva@skoda.example\r\nREV:20261101T080000Z\r\nEND:VCARD\r\n"
)

THUNDERBIRD = (
    "BEGIN:VCARD\r\nVERSION:4.0\r\nEMAIL;PREF=1:olga@orlova.example\r\nFN:Ольга Орлова\r\nN:Орлова;Ольга;;;\r\n"
    'TEL;VALUE=URI;TYPE="voice,work":tel:+7-495-000-00-11;ext=12\r\nTEL;VALUE=TEXT;TYPE=cell:8 (912) 000-00-12\r\n'
    "NOTE:Длинная заметка\\, которая в файле разорвана на несколько строк: так пи\r\n шут программы\r\n"
    "UID:bf4b4d8a-0000-4000-8000-000000000001\r\nEND:VCARD\r\n"
).encode()

NEXTCLOUD = (
    "BEGIN:VCARD\nVERSION:3.0\nPRODID:-//Sabre//Sabre VObject 4.5.4//EN\nUID:0a\nFN:Filip Ozoliņš\n"
    "N:Ozoliņš;Filip;;;\nTEL;TYPE=HOME,VOICE:+371 67000001\nEMAIL;TYPE=HOME:filip@ozolins.example\n"
    "CATEGORIES:Friends\nREV;VALUE=DATE-AND-OR-TIME:20261101T080000Z\nEND:VCARD\n"
    "BEGIN:VCARD\nVERSION:4.0\nKIND:group\nFN:Friends\nMEMBER:urn:uuid:0a\nEND:VCARD\n"
).encode()

EVERY = {
    "iPhone": IPHONE,
    "Android": ANDROID,
    "Outlook": OUTLOOK,
    "Thunderbird": THUNDERBIRD,
    "Nextcloud": NEXTCLOUD,
}
