"""Simplified Chinese, with ‘您’."""

from __future__ import annotations

from typing import Final

from integration.languages.language import Language

CHINESE: Final = Language(
    "zh-CN",
    {
        "greeting": "您好：",
        "greeting.named": "{name}，您好：",
        "status:covered": "感谢您的来信。您的产品在 SOOCAS 有限保修范围内。接下来我们会与您商定后续"
        "步骤。",
        "status:not_covered": "感谢您的来信。产品给您带来了不便，我们深表歉意。根据我们目前了解的"
        "情况，您的申请不在 SOOCAS 有限保修范围内。如果有任何情况与您之前告知的不同，请回复我们，"
        "我们很乐意为您再次核实。",
        "status:needs_information": "感谢您的来信。为了对您的保修申请作出决定，我们还需要您补充以下"
        "信息：",
        "status:awaiting_inspection": "感谢您。产品检测完成后，我们会对您的申请作出决定，并与您"
        "联系。",
        "status:refund_eligible": "感谢您的来信。您仍在可退款的期限内。我们会告知您退货和退款的后续"
        "步骤。",
        "status:refer_to_dealer": "感谢您的来信。您的产品购自授权经销商，退换货由该经销商直接处理。"
        "请您凭购买凭证联系该经销商，这是最快的方式。",
        "status:needs_review": "感谢您的来信。我们的同事正在人工核实您的申请，并会与您联系。",
        "freight:buyer": "请注意，此次退货的运费由买家承担。",
        "freight:soocas": "此次退货的运费由 SOOCAS 承担。",
        # -- what stands before a list ------------------------------------------------------------
        "decided": "作出此决定的原因：",
        "settle_freight": "为确定运费由谁承担，还请您告诉我们：",
        "meanwhile": "与此同时，请您告诉我们：",
        # -- questions ----------------------------------------------------------------------------
        "question.first_owner_invoice": "请提供原购买者的销售发票。",
        "question.first_owner_order": "该产品在 SOOCAS 官方网站购买时的订单号是多少？",
        "question.first_owner_both": "请同时提供该产品在 SOOCAS 官方网站购买时的订单号和原购买者的"
        "销售发票。",
        "question.first_owner_order_or_seller": "该产品在 SOOCAS 官方网站购买时的订单号是多少？如"
        "果是在其他地方购买的，请告诉我们卖家是谁。",
        "question.first_owner_both_or_seller": "请同时提供该产品在 SOOCAS 官方网站购买时的订单号和"
        "原购买者的销售发票。如果是在其他地方购买的，请告诉我们卖家是谁，并提供销售发票。",
        "question.order_or_seller": "您在 SOOCAS 官方网站购买时的订单号是多少？如果您是在其他地方购"
        "买的，请告诉我们卖家是谁，并提供销售发票。",
        "question.proof": "请提供您购买时的订单号或销售发票。",
        "question.channel": "您是在哪里购买该产品的？如果是在 SOOCAS 官方网站购买的，请告诉我们"
        "订单号。",
        "question.purchase_date": "您是哪一天购买该产品的？",
        "question.countries": "您是在哪个国家购买该产品的？产品现在在哪个国家？",
        "question.purchase_country": "您是在哪个国家购买该产品的？",
        "question.claim_country": "产品现在在哪个国家？",
        "question.problem_and_evidence": "产品出了什么问题，是怎么发生的？请附上能看清问题的照片或"
        "短视频。",
        "question.problem": "产品出了什么问题，是怎么发生的？",
        "question.evidence": "请发送能看清问题的照片或短视频。",
        "spoken.troubleshooting": "我可以和您一起操作几个步骤，看看问题出在哪里吗？",
        # -- why a claim is not covered -----------------------------------------------------------
        "denial.S1": "经我们检测，产品工作正常。",
        "denial.R5": "该笔购买已全额退款，保修随之终止。",
        "denial.E2": "需要先完成故障排查步骤，我们才能继续处理。",
        "denial.E3": "从您能够提供的材料中，我们未能看到产品的缺陷。",
        "denial.E5": "我们要求寄回的产品没有寄回到我们这里。",
        "denial.D2": "可处理该申请的期限已过。",
        "denial.W2": "保修适用于购买产品的国家或地区。",
        "denial.X1": "根据您能够提供的凭证，我们未能确认购买情况。",
        "denial.X2": "保修不包括丢失或被盗的产品。",
        "denial.X3": "保修已于{ended}结束，我们于{opened}收到您的申请。",
        "denial.X3.undated": "在您联系我们之前，保修已经结束。",
        "denial.X4": "退款期限已于{ended}结束，我们于{opened}收到您的申请。",
        "denial.X4.undated": "在您联系我们之前，退款期限已经结束。",
        "denial.X5": "该产品为免费产品，不包括在保修之内。",
        "denial.X6": "该产品曾由 SOOCAS 以外的人员维修过。",
        "denial.X7": "保修不包括由外部原因造成的损坏。",
        "denial.X8": "保修不包括因跌落、进水、极端温度或操作不当造成的损坏。",
        "denial.X9": "该产品来自未经 SOOCAS 授权的卖家。",
    },
    day="{year}年{number}月{day}日",
)
