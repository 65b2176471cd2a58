package catalog

// vendorProductSchema is the configuration of a product that its vendor sets
// up; Definition reads it.
const vendorProductSchema = `{"type":"object","additionalProperties":false,"properties":{
"parameters":{"title":"Parameters","description":"What an order is asked for, beside quantities.","type":"array","maxItems":100,"items":{
 "type":"object","additionalProperties":false,"required":["code"],"properties":{
  "code":{"type":"string","pattern":"^[A-Za-z][A-Za-z0-9_]*$","maxLength":100},
  "name":{"type":"string","maxLength":100},
  "description":{"type":"string","maxLength":1000},
  "hint":{"type":"string","maxLength":200},
  "required":{"type":"boolean"},
  "validation":{"type":"string","maxLength":500},
  "acceptedValues":{"type":"object","maxProperties":500,"additionalProperties":{"type":"string","maxLength":200}},
  "externalValuesUrl":{"type":"string","maxLength":2000},
  "min":{"type":"integer","minimum":-1000000000,"maximum":1000000000},
  "max":{"type":"integer","minimum":-1000000000,"maximum":1000000000},
  "sensitive":{"type":"boolean"},
  "weight":{"type":"integer","minimum":-1000000,"maximum":1000000}}}},
"orderValidationUrls":{"title":"Order validation URLs","description":"Asked before every sale and change; all must agree.","type":"array","maxItems":10,"items":{"type":"string","maxLength":2000}},
"meters":{"title":"Meters","description":"What plans may price by use: a name and its unit.","type":"array","maxItems":100,"items":{
 "type":"object","additionalProperties":false,"required":["name"],"properties":{
  "name":{"type":"string","pattern":"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"},
  "unit":{"type":"string","maxLength":40}}}},
"metrics":{"title":"Metrics","description":"How meters are measured: by asking you at a URL, again and again.","type":"array","maxItems":100,"items":{
 "type":"object","additionalProperties":false,"required":["meter","endpoint","frequency"],"properties":{
  "meter":{"type":"string"},
  "endpoint":{"type":"string","minLength":1,"maxLength":2000},
  "frequency":{"enum":["EVERY_30_SECONDS","EVERY_1_MINUTE","EVERY_2_MINUTE","EVERY_5_MINUTES","EVERY_30_MINUTES","EVERY_1_HOUR","EVERY_24_HOUR","EVERY_48_HOUR","EVERY_WEEK"]},
  "counter":{"type":"boolean"},
  "function":{"enum":["AVERAGE","PEAK","INCREASE","VALUE"]}}}},
"apiFamily":{"title":"API family","description":"Groups products that share credentials.","type":"string","maxLength":100},
"endUserInstructions":{"title":"Instructions","description":"What customers read when their subscription is ready, unless you send other ones.","type":"string","maxLength":20000},
"terminationMessage":{"title":"Termination message","description":"What customers read before they terminate.","type":"string","maxLength":2000}}}`

// vendorPlanSchema is the configuration of a plan of such a product.
const vendorPlanSchema = `{"type":"object","additionalProperties":false,"properties":{
"identifier":{"title":"Identifier","description":"Your own name of the plan, sent with every call to you.","type":"string","maxLength":100},
"externalId":{"title":"External id","description":"The plan's id in your systems.","type":"string","maxLength":100},
"unkillable":{"title":"Runs to its end","description":"Customers cannot terminate before the end of a period.","type":"boolean"}}}`
