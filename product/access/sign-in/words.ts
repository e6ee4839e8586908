/**
 * Passwords that attackers try first, of eight characters and more, lower case: the worst of published leaks, keyboard walks, seasons and
 * words of this trade. Compared with the whole password (NIST SP 800-63B-4, 3.1.1.2).
 */
export const commonPasswords: ReadonlySet<string> = new Set(
  `
  password password1 password12 password123 password1234 password12345 password! password1! password01 passw0rd passw0rd1 p@ssw0rd
  p@ssword p@ssw0rd1 p@ssw0rd! pa$$w0rd pa55word passpass passport passwords password2 password3 password99 password00 mypassword
  newpassword thepassword yourpassword changeme changeme1 changeme123 changemenow 12345678 123456789 1234567890 12345678910
  0123456789 123123123 1234512345 12341234 123454321 12344321 1234554321 123321123 112233445566 11223344 1122334455 123456123
  123456654321 12345670 12345679 123456780 87654321 987654321 9876543210 01234567 147258369 159753456 789456123 741852963 963852741
  321654987 135792468 246813579 1029384756 102030405060 10203040 01012000 20002000 20202020 20242024 20252025 20262026 31415926
  314159265 271828182 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qaz1qaz 1qazxsw2 zaq12wsx zaq1zaq1 zaq1xsw2 qwertyui
  qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwerty!23 qwe123qwe qweqweqwe qweasdzxc qweasd123 qwer1234
  qwertzuiop q1w2e3r4 q1w2e3r4t5 asdfghjk asdfghjkl asdfasdf asdf1234 asd123asd zxcvbnm1 zxcvbnm123 zxcvbnm, zxczxczxc 1234qwer
  123qweasd 123qweasdzxc 12345qwert a1b2c3d4 a1b2c3d4e5 a1s2d3f4 aa123456 a12345678 a123456789 abc12345 abc123456 abc123abc abcd1234
  abcd12345 abcdefgh abcdefghi abcdefghij abcd123456 aaa11111 asdfjkl; aabbccdd iloveyou iloveyou1 iloveyou2 iloveyou! iloveyou123
  ilovegod lovelove loveyou1 lovely123 loveme123 princess princess1 sunshine sunshine1 football football1 baseball baseball1
  basketball softball superman superman1 batman123 spiderman starwars startrek pokemon1 pokemon123 minecraft nintendo playstation
  xbox3600 michelle michelle1 jennifer jennifer1 jessica1 ashley123 charlie1 charlie123 michael1 daniel123 jordan23 jordan123
  anthony1 benjamin samantha victoria alexander alexandra elizabeth christian christopher nicholas jonathan patricia stephanie
  welcome1 welcome12 welcome123 welcome1! welcome! letmein1 letmein123 letmein! letmeinnow whatever whatever1 trustno1 trustnoone
  monkey123 monkey12 dragon123 dragon12 master123 master12 shadow123 shadow12 killer123 computer computer1 internet internet1
  hello123 hellohello helloworld freedom1 freedom123 liverpool liverpool1 chelsea1 arsenal1 manchester barcelona realmadrid mustang1
  corvette mercedes ferrari1 porsche911 harley123 chocolate cookie123 cheese123 butterfly flower123 rainbow1 diamond1 purple123
  orange123 summer123 summer2024 summer2025 summer2026 winter123 winter2024 winter2025 winter2026 spring2024 spring2025 spring2026
  autumn2024 autumn2025 autumn2026 january1 february december november september october1 admin123 admin1234 admin12345 adminadmin
  administrator administrator1 root1234 rootroot toor1234 test1234 testtest testing1 testing123 test12345 guest123 guestguest
  user1234 useruser default1 default123 system123 server123 oracle123 cisco123 access123 access14 secret123 secret12 secretsecret
  topsecret letmein12 login123 loginlogin temp1234 temppass temporary temporary1 qwerty01 backup123 manager1 manager123 office123
  office365 company1 company123 business1 security security1 security123 hospital hospital1 hospital123 medicine medicine1 medical1
  medical123 doctor123 doctor12 nurse123 nurse1234 nursing1 nursing123 patient1 patient123 patients clinic123 clinic1234 dentist1
  dentist123 dental123 dental12 pharmacy pharmacy1 surgery1 surgery123 emergency emergency1 healthcare health123 ambulance radiology
  cardiology stethoscope hipaa123 hippa123 11111111 111111111 1111111111 00000000 000000000 0000000000 22222222 33333333 44444444
  55555555 66666666 77777777 88888888 888888888 99999999 999999999 12121212 13131313 69696969 aaaaaaaa xxxxxxxx zzzzzzzz qqqqqqqq
  `
    .trim()
    .split(/\s+/),
)
