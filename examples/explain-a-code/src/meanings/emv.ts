import type { Text } from './text.ts';

/** What EMVCo's merchant-presented payload keeps where: object id, or ids joined by a dot. */
export const emvObjects: Readonly<Record<string, Text>> = {
  '00': ['Payload format indicator', '负载格式标识'],
  '01': ['Point of initiation', '发起方式'],
  '52': ['Merchant category', '商户类别码'],
  '53': ['Currency', '交易币种'],
  '54': ['Amount', '交易金额'],
  '55': ['Tip or convenience fee', '小费或便利费标识'],
  '56': ['Fixed convenience fee', '固定便利费'],
  '57': ['Convenience fee, percent', '便利费百分比'],
  '58': ['Country', '国家或地区'],
  '59': ['Merchant name', '商户名称'],
  '60': ['Merchant city', '商户所在城市'],
  '61': ['Postal code', '邮政编码'],
  '62': ['Additional data', '附加数据'],
  '62.01': ['Bill number', '账单号'],
  '62.02': ['Mobile number', '手机号码'],
  '62.03': ['Store', '门店标识'],
  '62.04': ['Loyalty number', '会员号'],
  '62.05': ['Reference', '参考号'],
  '62.06': ['Customer label', '客户标识'],
  '62.07': ['Terminal', '终端标识'],
  '62.08': ['Purpose', '交易用途'],
  '62.09': ['Data to ask the payer for', '需向付款人索取的信息'],
  '62.10': ['Merchant tax id', '商户税号'],
  '62.11': ['Merchant channel', '商户渠道'],
  '63': ['Checksum (CRC)', '校验码（CRC）'],
  '64': ['Merchant in another language', '商户信息（其他语言）'],
  '64.00': ['Language', '语言'],
  '64.01': ['Merchant name', '商户名称'],
  '64.02': ['Merchant city', '商户所在城市'],
};

/** Ranges of object ids with one meaning: first id, last id, meaning. */
export const emvRanges: readonly (readonly [number, number, Text])[] = [
  [2, 3, ['Visa account', 'Visa 账户']],
  [4, 5, ['Mastercard account', 'Mastercard 账户']],
  [6, 8, ['Account, reserved by EMVCo', '账户（EMVCo 保留）']],
  [9, 10, ['Discover account', 'Discover 账户']],
  [11, 12, ['American Express account', '美国运通账户']],
  [13, 14, ['JCB account', 'JCB 账户']],
  [15, 16, ['UnionPay account', '银联账户']],
  [17, 25, ['Account, reserved by EMVCo', '账户（EMVCo 保留）']],
  [26, 51, ['Merchant account', '商户账户信息']],
  [65, 79, ['Reserved by EMVCo', 'EMVCo 保留']],
  [80, 99, ['Unreserved template', '未保留模板']],
];

/** What the object is called whose value names the network that owns a template. */
export const guiMeaning: Text = ['Network identifier (GUI)', '网络标识（GUI）'];

/** An object of the additional data that belongs to one payment system. */
export const systemMeaning: Text = ['Defined by the payment system', '由支付系统自定义'];

/** An object whose document is not known to this page. */
export const ownMeaning: Text = ['Defined by the network', '由所属网络自定义'];

/** Values of an object that stand for something. */
export const emvValues: Readonly<Record<string, Readonly<Record<string, Text>>>> = {
  '00': { '01': ['version 1', '第 1 版'], '02': ['version 2', '第 2 版'] },
  '01': {
    '11': ['static: may be paid often', '静态：可多次支付'],
    '12': ['dynamic: paid once', '动态：仅支付一次'],
  },
  '55': {
    '01': ['the payer is asked for a tip', '请付款人输入小费'],
    '02': ['a fixed fee', '固定费用'],
    '03': ['a percentage', '按百分比收取'],
  },
};

/** Tags of EMVCo's consumer-presented code. */
export const consumerTags: Readonly<Record<string, Text>> = {
  '85': ['Payload format indicator', '负载格式标识'],
  '61': ['Application', '支付应用'],
  '62': ['Common data', '公共数据'],
  '64': ['Application data for one payment', '应用专有数据（单次）'],
  '63': ['Application data', '应用专有数据'],
  '4F': ['Application id (AID)', '应用标识（AID）'],
  '50': ['Application label', '应用名称'],
  '57': ['Track 2: card number and expiry', '二磁道数据：卡号与有效期'],
  '5A': ['Card or token number', '卡号或支付标记'],
  '5F20': ['Cardholder name', '持卡人姓名'],
  '5F2D': ['Preferred languages', '首选语言'],
  '5F50': ['Issuer URL', '发卡机构网址'],
  '9F08': ['Application version', '应用版本'],
  '9F19': ['Token requestor', '标记请求方'],
  '9F24': ['Payment account reference', '支付账户参考号'],
  '9F25': ['Last digits of the card', '卡号末位'],
};

/** The more frequent merchant categories (ISO 18245). */
export const categories: Readonly<Record<string, Text>> = {
  '0000': ['not given', '未指定'],
  '4111': ['local transport', '市内客运'],
  '4121': ['taxis', '出租车'],
  '4814': ['telecommunication', '电信服务'],
  '4829': ['money transfer', '汇款'],
  '4900': ['utilities', '公用事业'],
  '5045': ['computers', '计算机设备'],
  '5251': ['hardware', '五金'],
  '5311': ['department stores', '百货商店'],
  '5399': ['general merchandise', '综合商品'],
  '5411': ['groceries and supermarkets', '超市'],
  '5441': ['sweets', '糖果店'],
  '5462': ['bakeries', '面包店'],
  '5499': ['food shops', '食品店'],
  '5541': ['service stations', '加油站'],
  '5611': ['men’s clothing', '男装'],
  '5691': ['clothing', '服装'],
  '5732': ['electronics', '电子产品'],
  '5812': ['restaurants', '餐馆'],
  '5813': ['bars', '酒吧'],
  '5814': ['fast food and cafés', '快餐与饮品'],
  '5912': ['pharmacies', '药店'],
  '5942': ['bookshops', '书店'],
  '5999': ['other retail', '其他零售'],
  '6010': ['cash at a counter', '柜台取现'],
  '6011': ['cash machines', '自动取款机'],
  '6016': ['payments between persons', '个人转账'],
  '7011': ['hotels', '酒店'],
  '7230': ['hairdressers', '理发美容'],
  '7299': ['other services', '其他服务'],
  '8011': ['doctors', '诊所'],
  '8062': ['hospitals', '医院'],
  '8220': ['universities', '大学'],
  '8299': ['education', '教育'],
  '8398': ['charities', '慈善机构'],
  '9311': ['taxes', '税款'],
  '9399': ['government services', '政府服务'],
};
