/**
 * Mail hosts that need not wait: those that do not come back, come back much too late or from another pool of servers
 * each time, and the pools of large mail providers. A name stands for itself and all names below it, `*` for any
 * characters; only names that lead back to the client's address count.
 *
 * Source of the first list: the facts in `whitelist_clients` of postgrey 1.37 by David Schweikert and contributors, as
 * Debian ships it (package postgrey 1.37-2), without bare addresses, which have changed hands since. The second list:
 * names under which large providers publish their sending hosts, 2026.
 */
import type { Client } from '../mail/client.ts';

const NO_RETRY = `
  debconf.org debian.org spi-inc.org southwest.com isp.belgacom.be ameritradeinfo.com vger.kernel.org
  karger.ch server-x001.hostpoint.ch gw.bas.roche.com mail.hhlaw.com prd051.appliedbiosystems.com
  swissre.com returns.dowjones.com domin.switch.ch accor-hotels.com mot.com nic.fr cs.columbia.edu
  freshmeat.net zd-swx.com lockergnome.wc09.net p01m168.mxlogic.net p02m169.mxlogic.net logismata.ch
  brief.cw.reum.de qmail.ingeno.ch mail1.thurweb.ch piggy.rz.tu-ilmenau.de mail.polymed.ch rz.hu-berlin.de
  proxy.gmail.com cacert.org polytech.univ-mrs.fr gnu.org cs.ciphire.net netsolmail.com tesla.vtszg.hr
  gw.stud-serv-mb.si mail2.alliancefr.be webserver.turboinstitut.si rak-gentoo-1.nameserver.de mx.dars.si
  flymonarch.com ibm.com berlin.ptb.de registrarmail.net mail.ccs-cruising.ch diggstage01.digg.com
  smtp.liberal.ca rambler.ru lists.sourceforge.net polytec.de nrl.navy.mil mail.aliplast.com
  saturn.mahidol.ac.th ebay.com outmail.facebook.com outappmail.facebook.com mail-mail.facebook.com
  server14.cyon.ch home.theory.tifr.res.in ms4-1.1blu.de mx.nic.nu bigfish.com frontbridge.com postini.com
  upcmail.net mout-xforward.gmx.net mout-xforward.web.de mout-xforward.kundenserver.de
  mout-xforward.perfora.net dgfip.finances.gouv.fr mail.alibaba.com mail.aliyun.com startcom.org
  gem.godaddy.com github.net battle.net rrze.uni-erlangen.de mail-out.ovh.net protection.outlook.de
  systemalerts.mailchimp.com reflexion.net rekki.com townsuite.com mailspamprotection.com mailgun.com
  mailgun.us barracuda.com smtp2go.com
  ms-smtp*.rr.com lake*.cox.net s*pub.verizon.net mail*.telekom.de smtp*.tiscali.dk fmr*.intel.com
  fe*.cox-internet.com gateway*.np4.de mail-in-*.arcor-online.net mailgw*.iai.co.il mail*.usafisnews.org
  odk.fdv.uni-lj.si mta*.siol.net pim-*.quickinspirationsmail.com smtp*.wxs.nl psmtp*.wxs.nl smtp*.orange.fr
  smtp*.citigroup.com mail*.pi.ws smtp*.free.fr postfix*.free.fr netmail*.thehartford.com nse*.abb.com
  mail*.msg.oleane.net mx*.inode.at *.server.arvato-systems.de mail*.atl.registeredsite.com
  fallback-mx*.atl.registeredsite.com outmail*.sctm.tfbnw.net m*.126.com viefep*-int.chello.at
  mx*.evanzo-server.de smarthost*.evanzo-server.de smtp*.smtpout.orange.fr fallback*.mail.ru
  fallback*.m.smailru.net o*.ntdc.magisto.com
`;

const POOLS = `
  google.com gmail.com outlook.com hotmail.com microsoft.com yahoo.com yahoodns.net icloud.com mail.me.com
  apple.com amazonses.com amazon.com mailgun.net mailgun.org sendgrid.net sparkpostmail.com mandrillapp.com
  mcsv.net mcdlv.net rsgsv.net mimecast.com mimecast.co.za pphosted.com ppe-hosted.com messagelabs.com
  iphmx.com mailcontrol.com hornetsecurity.com antispamcloud.com mailjet.com sendinblue.com brevosend.com
  hubspotemail.net salesforce.com exacttarget.com constantcontact.com mtasv.net linkedin.com facebook.com
  facebookmail.com twitter.com github.com messagingengine.com zoho.com zoho.eu zohomail.com protonmail.ch
  mout.gmx.net mout.web.de mout.kundenserver.de mout.perfora.net t-online.de ovh.net mail.infomaniak.ch
  secureserver.net
`;

interface Pattern {
  readonly start: string;
  readonly end: string;
}

const all = `${NO_RETRY} ${POOLS}`.split(/\s+/).filter((name) => name !== '');
const names = new Set(all.filter((name) => !name.includes('*')));
const patterns = all.flatMap((name): Pattern[] => {
  const [start = '', end] = name.split('*');
  return end === undefined ? [] : [{ start, end }];
});

/** Whether the client is one of these hosts. */
export function isExemptHost({ name, nameStatus }: Pick<Client, 'name' | 'nameStatus'>): boolean {
  if (nameStatus !== 'ok') return false;
  const lower = name.toLowerCase();
  for (let at = 0; at >= 0; at = lower.indexOf('.', at) + 1 || -1) {
    if (names.has(lower.slice(at))) return true;
  }
  return patterns.some(
    ({ start, end }) =>
      lower.length >= start.length + end.length && lower.startsWith(start) && lower.endsWith(end),
  );
}
