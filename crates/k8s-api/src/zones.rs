//! Time zones by their names: how far each is from UTC, and when it changes its clocks.
//! From the time zone database, as its rules stand now; what was before does not matter here. Left out: Lord Howe and
//! Troll, whose summer time is not one hour, and what follows the moon (Morocco's month of winter time).

use crate::time::civil;

/// When summer time begins or ends: on the first such weekday that is not before a day of a month.
#[derive(Debug)]
struct Change {
    month: u32,
    not_before: u32,
    /// From Sunday.
    weekday: u32,
    minutes: i64,
}

/// A summer time of one hour.
#[derive(Debug)]
struct Rule {
    name: &'static str,
    begin: Change,
    end: Change,
    /// Whether the minutes are UTC; else they are what the clocks show before they are changed.
    utc: bool,
}

const fn change(month: u32, not_before: u32, weekday: u32, minutes: i64) -> Change {
    Change { month, not_before, weekday, minutes }
}

const RULES: [Rule; 12] = [
    Rule { name: "EU", begin: change(3, 25, 0, 60), end: change(10, 25, 0, 60), utc: true },
    Rule { name: "US", begin: change(3, 8, 0, 120), end: change(11, 1, 0, 120), utc: false },
    Rule { name: "AU", begin: change(10, 1, 0, 120), end: change(4, 1, 0, 180), utc: false },
    Rule { name: "NZ", begin: change(9, 24, 0, 120), end: change(4, 1, 0, 180), utc: false },
    Rule { name: "Chatham", begin: change(9, 24, 0, 165), end: change(4, 1, 0, 225), utc: false },
    Rule { name: "Chile", begin: change(9, 2, 0, 240), end: change(4, 2, 0, 180), utc: true },
    Rule { name: "Cuba", begin: change(3, 8, 0, 0), end: change(11, 1, 0, 60), utc: false },
    Rule { name: "Egypt", begin: change(4, 24, 5, 0), end: change(10, 25, 4, 1440), utc: false },
    Rule { name: "Gaza", begin: change(3, 24, 6, 120), end: change(10, 24, 6, 120), utc: false },
    Rule { name: "Israel", begin: change(3, 23, 5, 120), end: change(10, 25, 0, 120), utc: false },
    Rule { name: "Lebanon", begin: change(3, 25, 0, 0), end: change(10, 25, 0, 0), utc: false },
    Rule { name: "Moldova", begin: change(3, 25, 0, 0), end: change(10, 25, 0, 0), utc: true },
];

/// A line for each pair of a rule (`-` for none) and an offset in minutes; names after an area belong to it.
const ZONES: &str = "\
- -720 Etc/ GMT+12
- -660 Etc/ GMT+11 Pacific/ Midway Niue Pago_Pago Samoa US/ Samoa
- -600 HST Etc/ GMT+10 Pacific/ Honolulu Johnston Rarotonga Tahiti US/ Hawaii
US -600 America/ Adak Atka US/ Aleutian
- -570 Pacific/ Marquesas
- -540 Etc/ GMT+9 Pacific/ Gambier
US -540 America/ Anchorage Juneau Metlakatla Nome Sitka Yakutat US/ Alaska
- -480 Etc/ GMT+8 Pacific/ Pitcairn
US -480 PST8PDT America/ Ensenada Los_Angeles Santa_Isabel Tijuana Vancouver Canada/ Pacific Mexico/ BajaNorte US/ \
Pacific
- -420 MST America/ Creston Dawson Dawson_Creek Fort_Nelson Hermosillo Mazatlan Phoenix Whitehorse Canada/ Yukon Etc/ \
GMT+7 Mexico/ BajaSur US/ Arizona
US -420 MST7MDT Navajo America/ Boise Cambridge_Bay Ciudad_Juarez Denver Edmonton Inuvik Shiprock Yellowknife Canada/ \
Mountain US/ Mountain
- -360 America/ Bahia_Banderas Belize Chihuahua Costa_Rica El_Salvador Guatemala Managua Merida Mexico_City Monterrey \
Regina Swift_Current Tegucigalpa Canada/ Saskatchewan Etc/ GMT+6 Mexico/ General Pacific/ Galapagos
Chile -360 Chile/ EasterIsland Pacific/ Easter
US -360 CST6CDT America/ Chicago Indiana/Knox Indiana/Tell_City Knox_IN Matamoros Menominee North_Dakota/Beulah \
North_Dakota/Center North_Dakota/New_Salem Ojinaga Rainy_River Rankin_Inlet Resolute Winnipeg Canada/ Central US/ \
Central Indiana-Starke
- -300 EST Jamaica America/ Atikokan Bogota Cancun Cayman Coral_Harbour Eirunepe Guayaquil Jamaica Lima Panama \
Porto_Acre Rio_Branco Brazil/ Acre Etc/ GMT+5
Cuba -300 Cuba America/ Havana
US -300 EST5EDT America/ Detroit Fort_Wayne Grand_Turk Indiana/Indianapolis Indiana/Marengo Indiana/Petersburg \
Indiana/Vevay Indiana/Vincennes Indiana/Winamac Indianapolis Iqaluit Kentucky/Louisville Kentucky/Monticello \
Louisville Montreal Nassau New_York Nipigon Pangnirtung Port-au-Prince Thunder_Bay Toronto Canada/ Eastern US/ \
East-Indiana Eastern Michigan
- -240 America/ Anguilla Antigua Aruba Barbados Blanc-Sablon Boa_Vista Campo_Grande Caracas Cuiaba Curacao Dominica \
Grenada Guadeloupe Guyana Kralendijk La_Paz Lower_Princes Manaus Marigot Martinique Montserrat Port_of_Spain \
Porto_Velho Puerto_Rico Santo_Domingo St_Barthelemy St_Kitts St_Lucia St_Thomas St_Vincent Tortola Virgin Brazil/ \
West Etc/ GMT+4
Chile -240 America/ Santiago Chile/ Continental
US -240 America/ Glace_Bay Goose_Bay Halifax Moncton Thule Atlantic/ Bermuda Canada/ Atlantic
US -210 America/ St_Johns Canada/ Newfoundland
- -180 America/ Araguaina Argentina/Buenos_Aires Argentina/Catamarca Argentina/ComodRivadavia Argentina/Cordoba \
Argentina/Jujuy Argentina/La_Rioja Argentina/Mendoza Argentina/Rio_Gallegos Argentina/Salta Argentina/San_Juan \
Argentina/San_Luis Argentina/Tucuman Argentina/Ushuaia Asuncion Bahia Belem Buenos_Aires Catamarca Cayenne Cordoba \
Coyhaique Fortaleza Jujuy Maceio Mendoza Montevideo Paramaribo Punta_Arenas Recife Rosario Santarem Sao_Paulo \
Antarctica/ Palmer Rothera Atlantic/ Stanley Brazil/ East Etc/ GMT+3
US -180 America/ Miquelon
- -120 America/ Noronha Atlantic/ South_Georgia Brazil/ DeNoronha Etc/ GMT+2
EU -120 America/ Godthab Nuuk Scoresbysund
- -60 Atlantic/ Cape_Verde Etc/ GMT+1
EU -60 Atlantic/ Azores
- 0 Factory GMT GMT+0 GMT-0 GMT0 Greenwich Iceland UCT UTC Universal Zulu Africa/ Abidjan Accra Bamako Banjul Bissau \
Conakry Dakar Freetown Lome Monrovia Nouakchott Ouagadougou Sao_Tome Timbuktu America/ Danmarkshavn Atlantic/ \
Reykjavik St_Helena Etc/ GMT GMT+0 GMT-0 GMT0 Greenwich UCT UTC Universal Zulu
EU 0 Eire GB GB-Eire Portugal WET Atlantic/ Canary Faeroe Faroe Madeira Europe/ Belfast Dublin Guernsey Isle_of_Man \
Jersey Lisbon London
- 60 Africa/ Algiers Bangui Brazzaville Casablanca Douala El_Aaiun Kinshasa Lagos Libreville Luanda Malabo Ndjamena \
Niamey Porto-Novo Tunis Etc/ GMT-1
EU 60 CET MET Poland Africa/ Ceuta Arctic/ Longyearbyen Atlantic/ Jan_Mayen Europe/ Amsterdam Andorra Belgrade Berlin \
Bratislava Brussels Budapest Busingen Copenhagen Gibraltar Ljubljana Luxembourg Madrid Malta Monaco Oslo Paris \
Podgorica Prague Rome San_Marino Sarajevo Skopje Stockholm Tirane Vaduz Vatican Vienna Warsaw Zagreb Zurich
- 120 Libya Africa/ Blantyre Bujumbura Gaborone Harare Johannesburg Juba Khartoum Kigali Lubumbashi Lusaka Maputo \
Maseru Mbabane Tripoli Windhoek Etc/ GMT-2 Europe/ Kaliningrad
EU 120 EET Asia/ Famagusta Nicosia Europe/ Athens Bucharest Helsinki Kiev Kyiv Mariehamn Nicosia Riga Sofia Tallinn \
Uzhgorod Vilnius Zaporozhye
Egypt 120 Egypt Africa/ Cairo
Gaza 120 Asia/ Gaza Hebron
Israel 120 Israel Asia/ Jerusalem Tel_Aviv
Lebanon 120 Asia/ Beirut
Moldova 120 Europe/ Chisinau Tiraspol
- 180 Turkey W-SU Africa/ Addis_Ababa Asmara Asmera Dar_es_Salaam Djibouti Kampala Mogadishu Nairobi Antarctica/ \
Syowa Asia/ Aden Amman Baghdad Bahrain Damascus Istanbul Kuwait Qatar Riyadh Etc/ GMT-3 Europe/ Istanbul Kirov Minsk \
Moscow Simferopol Volgograd Indian/ Antananarivo Comoro Mayotte
- 210 Iran Asia/ Tehran
- 240 Asia/ Baku Dubai Muscat Tbilisi Yerevan Etc/ GMT-4 Europe/ Astrakhan Samara Saratov Ulyanovsk Indian/ Mahe \
Mauritius Reunion
- 270 Asia/ Kabul
- 300 Antarctica/ Mawson Vostok Asia/ Almaty Aqtau Aqtobe Ashgabat Ashkhabad Atyrau Dushanbe Karachi Oral Qostanay \
Qyzylorda Samarkand Tashkent Yekaterinburg Etc/ GMT-5 Indian/ Kerguelen Maldives
- 330 Asia/ Calcutta Colombo Kolkata
- 345 Asia/ Kathmandu Katmandu
- 360 Asia/ Bishkek Dacca Dhaka Kashgar Omsk Thimbu Thimphu Urumqi Etc/ GMT-6 Indian/ Chagos
- 390 Asia/ Rangoon Yangon Indian/ Cocos
- 420 Antarctica/ Davis Asia/ Bangkok Barnaul Ho_Chi_Minh Hovd Jakarta Krasnoyarsk Novokuznetsk Novosibirsk \
Phnom_Penh Pontianak Saigon Tomsk Vientiane Etc/ GMT-7 Indian/ Christmas
- 480 Hongkong PRC ROC Singapore Antarctica/ Casey Asia/ Brunei Choibalsan Chongqing Chungking Harbin Hong_Kong \
Irkutsk Kuala_Lumpur Kuching Macao Macau Makassar Manila Shanghai Singapore Taipei Ujung_Pandang Ulaanbaatar \
Ulan_Bator Australia/ Perth West Etc/ GMT-8
- 525 Australia/ Eucla
- 540 Japan ROK Asia/ Chita Dili Jayapura Khandyga Pyongyang Seoul Tokyo Yakutsk Etc/ GMT-9 Pacific/ Palau
- 570 Australia/ Darwin North
AU 570 Australia/ Adelaide Broken_Hill South Yancowinna
- 600 Antarctica/ DumontDUrville Asia/ Ust-Nera Vladivostok Australia/ Brisbane Lindeman Queensland Etc/ GMT-10 \
Pacific/ Chuuk Guam Port_Moresby Saipan Truk Yap
AU 600 Antarctica/ Macquarie Australia/ ACT Canberra Currie Hobart Melbourne NSW Sydney Tasmania Victoria
- 660 Asia/ Magadan Sakhalin Srednekolymsk Etc/ GMT-11 Pacific/ Bougainville Efate Guadalcanal Kosrae Noumea Pohnpei \
Ponape
AU 660 Pacific/ Norfolk
- 720 Kwajalein Asia/ Anadyr Kamchatka Etc/ GMT-12 Pacific/ Fiji Funafuti Kwajalein Majuro Nauru Tarawa Wake Wallis
NZ 720 NZ Antarctica/ McMurdo South_Pole Pacific/ Auckland
Chatham 765 NZ-CHAT Pacific/ Chatham
- 780 Etc/ GMT-13 Pacific/ Apia Enderbury Fakaofo Kanton Tongatapu
- 840 Etc/ GMT-14 Pacific/ Kiritimati";

/// A time zone.
#[derive(Clone, Copy, Debug)]
pub struct Zone {
    /// Standard time, in seconds from UTC.
    offset: i64,
    rule: Option<&'static Rule>,
}

/// Coordinated universal time.
pub const UTC: Zone = Zone { offset: 0, rule: None };

/// The zone of a name.
/// Models time.LoadLocation of Go
pub fn find(name: &str) -> Option<Zone> {
    if name.is_empty() {
        return Some(UTC);
    }
    for line in ZONES.lines() {
        let mut words = line.split_whitespace();
        let (rule, minutes) = (words.next()?, words.next()?);
        let mut area = "";
        for word in words {
            if word.ends_with('/') {
                area = word;
            } else if name.strip_prefix(area) == Some(word) {
                let rule = RULES.iter().find(|known| known.name == rule);
                return Some(Zone { offset: minutes.parse::<i64>().ok()? * 60, rule });
            }
        }
    }
    None
}

impl Zone {
    /// How far its clocks are ahead of UTC at a moment, in seconds.
    pub fn offset_at(&self, at: i64) -> i64 {
        let Some(rule) = self.rule else { return self.offset };
        let year = civil(at + self.offset).0;
        let (begin, end) =
            (self.moment(rule, &rule.begin, year, 0), self.moment(rule, &rule.end, year, 3600));
        // In the south the year begins in summer.
        let summer = if begin < end { (begin..end).contains(&at) } else { !(end..begin).contains(&at) };
        self.offset + if summer { 3600 } else { 0 }
    }

    /// When the clocks are changed in a year.
    fn moment(&self, rule: &Rule, change: &Change, year: i64, saved: i64) -> i64 {
        let day = crate::time::days_from_civil(year, change.month, change.not_before);
        let weekday = (day + 4).rem_euclid(7);
        let day = day + (i64::from(change.weekday) - weekday).rem_euclid(7);
        let local = if rule.utc { 0 } else { self.offset + saved };
        day * 86_400 + change.minutes * 60 - local
    }

    /// The moments at which its clocks show a time, given as if that were UTC: two while they are set back, none
    /// while they are set forward.
    pub fn moments_of(&self, shown: i64) -> impl Iterator<Item = i64> {
        let summer = shown - self.offset - 3600;
        let standard = shown - self.offset;
        let zone = *self;
        let has_summer = zone.rule.is_some();
        let of_summer = (has_summer && zone.offset_at(summer) != zone.offset).then_some(summer);
        let of_standard = (zone.offset_at(standard) == zone.offset).then_some(standard);
        of_summer.into_iter().chain(of_standard)
    }
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::time::Time;

    fn offset(zone: &str, at: &str) -> Option<i64> {
        Some(find(zone)?.offset_at(Time::parse(at)?.0) / 60)
    }

    #[test]
    fn clocks_are_changed_when_they_are() {
        for (zone, at, minutes) in [
            ("Europe/Berlin", "2026-03-29T00:59:59Z", 60),
            ("Europe/Berlin", "2026-03-29T01:00:00Z", 120),
            ("Europe/Berlin", "2026-10-25T00:59:59Z", 120),
            ("Europe/Berlin", "2026-10-25T01:00:00Z", 60),
            ("America/New_York", "2026-03-08T06:59:59Z", -300),
            ("America/New_York", "2026-03-08T07:00:00Z", -240),
            ("America/New_York", "2026-11-01T05:59:59Z", -240),
            ("America/New_York", "2026-11-01T06:00:00Z", -300),
            ("Australia/Sydney", "2026-04-04T15:59:59Z", 660),
            ("Australia/Sydney", "2026-04-04T16:00:00Z", 600),
            ("Australia/Sydney", "2026-12-31T12:00:00Z", 660),
            ("Asia/Jerusalem", "2026-03-27T00:00:00Z", 180),
            ("Africa/Cairo", "2026-10-29T20:59:59Z", 180),
            ("Africa/Cairo", "2026-10-29T21:00:00Z", 120),
            ("Asia/Kolkata", "2026-07-01T00:00:00Z", 330),
            ("America/Argentina/Buenos_Aires", "2026-07-01T00:00:00Z", -180),
            ("Etc/UTC", "2026-07-01T00:00:00Z", 0),
            ("UTC", "2026-07-01T00:00:00Z", 0),
        ] {
            assert_eq!(offset(zone, at), Some(minutes), "{zone} {at}");
        }
        assert!(find("Mars/Phobos").is_none() && find("Berlin").is_none() && find("europe/berlin").is_none());
    }
}
