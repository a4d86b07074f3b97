using DaprShop.Contracts;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Payments;

namespace DaprShop.Gateway.Routes;

/// <summary>Every route of the public API.</summary>
internal static class RouteTable
{
    public static IReadOnlyList<PublicRoute> All { get; } =
    [
        new("POST", "/api/v1/tokens", "signIn", AppIds.Gateway, Access.Anyone, "Sign in as a demo user: shopper-1, operator-1, ...")
        {
            Request = typeof(Contracts.Api.SignIn),
            RequestExample = """{"userName": "shopper-1", "password": "demo"}""",
            Response = typeof(IssuedToken),
            Refusals = [400, 401],
        },

        new("GET", "/api/v1/products", "listProducts", AppIds.Catalog, Access.Anyone, "The products on sale")
        {
            Response = typeof(Page<Product>),
            Paged = true,
            Query = new Dictionary<string, string> { ["category"] = "Only products of this category." },
            Refusals = [400],
        },
        new("GET", "/api/v1/products/{sku}", "getProduct", AppIds.Catalog, Access.Anyone, "One product")
        {
            Response = typeof(Product),
            Cacheable = true,
            Refusals = [404],
        },
        new("PUT", "/api/v1/products/{sku}", "putProduct", AppIds.Catalog, Access.Operator, "Create a product, or change one with If-Match")
        {
            Request = typeof(PutProduct),
            RequestExample = """
                {"name": "Trail running shoes", "brand": "Northline", "category": "sports", "price": {"amount": 59900, "currency": "CNY"}, "description": "Light, grippy and quick to dry."}
                """,
            Response = typeof(Product),
            MayCreate = true,
            Conditional = true,
            Refusals = [400, 412, 413],
        },

        new("GET", "/api/v1/stock/{sku}", "getStock", AppIds.Inventory, Access.Anyone, "Units of a product: initial + restocked = available + reserved + sold")
        {
            Response = typeof(StockView),
            Cacheable = true,
            Refusals = [404],
        },
        new("PUT", "/api/v1/stock/{sku}", "createStock", AppIds.Inventory, Access.Operator, "Create the stock of a product")
        {
            Request = typeof(CreateStock),
            RequestExample = """{"initial": 100, "strategy": "group-commit", "buckets": 1}""",
            Response = typeof(StockView),
            AddsUnits = true,
            Success = StatusCodes.Status201Created,
            Refusals = [400, 409, 413],
        },
        new("POST", "/api/v1/stock/{sku}/restocks", "restock", AppIds.Inventory, Access.Operator, "Add units to a product")
        {
            Request = typeof(Restock),
            RequestExample = """{"quantity": 50}""",
            Response = typeof(StockView),
            AddsUnits = true,
            Idempotent = true,
            Refusals = [400, 404, 413, 422],
        },

        new("POST", "/api/v1/orders", "placeOrder", AppIds.Order, Access.SignedIn, "Place an order: 202 means that stock is reserved and the order is durable")
        {
            Request = typeof(PlaceOrder),
            RequestExample = """{"items": [{"sku": "SKU-1001", "quantity": 1}], "payment": {"source": "tok_ok"}}""",
            Response = typeof(OrderView),
            Success = StatusCodes.Status202Accepted,
            Idempotent = true,
            RefusesSoldOut = true,
            Refusals = [400, 409, 413, 422],
        },
        new("GET", "/api/v1/orders", "listOrders", AppIds.Order, Access.SignedIn, "Your orders, newest first")
        {
            Response = typeof(Page<OrderView>),
            Paged = true,
            Query = new Dictionary<string, string>
            {
                ["status"] = "Only orders in this status.",
                ["user"] = "Another user's orders; operators only.",
            },
            Refusals = [400],
        },
        new("GET", "/api/v1/orders/{id}", "getOrder", AppIds.Order, Access.SignedIn, "One of your orders")
        {
            Response = typeof(OrderView),
            Cacheable = true,
            Refusals = [404],
        },
        new("POST", "/api/v1/orders/{id}/cancel", "cancelOrder", AppIds.Order, Access.SignedIn, "Ask to cancel an order that is not settled yet")
        {
            Response = typeof(OrderView),
            Success = StatusCodes.Status202Accepted,
            Conditional = true,
            Refusals = [404, 409, 412],
        },
        new("POST", "/api/v1/orders/{id}/refund", "refundOrder", AppIds.Order, Access.Operator, "Refund a confirmed order: its money and its units go back")
        {
            Response = typeof(OrderView),
            Success = StatusCodes.Status202Accepted,
            Idempotent = true,
            Refusals = [400, 404, 409],
        },
        new("GET", "/api/v1/orders/{id}/events", "getOrderTimeline", AppIds.Order, Access.SignedIn, "Every state change of an order, with its cause")
        {
            Response = typeof(OrderTimeline),
            Refusals = [404],
        },
        new("GET", "/api/v1/orders/{id}/stream", "streamOrder", AppIds.Order, Access.SignedIn, "An order's changes as server-sent events, until it is settled")
        {
            Streams = true,
            MayHaveEnded = true,
            Refusals = [400, 404],
        },
        new("GET", "/api/v1/orders/{id}/shipment", "getShipment", AppIds.Order, Access.SignedIn, "When a confirmed order is sent; 404 until that is planned")
        {
            Response = typeof(ShipmentView),
            Cacheable = true,
            Refusals = [404],
        },

        new("GET", "/api/v1/sales", "listSales", AppIds.Inventory, Access.Anyone, "Sales, the newest first")
        {
            Response = typeof(Page<SaleView>),
            Paged = true,
            Refusals = [400],
        },
        new("POST", "/api/v1/sales", "createSale", AppIds.Inventory, Access.Operator, "Announce a sale; its units are set aside at once")
        {
            Request = typeof(CreateSale),
            RequestExample = """
                {"id": "spring-sale", "sku": "SKU-1002", "price": {"amount": 9900, "currency": "CNY"}, "quantity": 100, "perUserLimit": 2, "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2099-01-01T00:00:00Z"}
                """,
            Response = typeof(SaleView),
            Success = StatusCodes.Status201Created,
            Idempotent = true,
            Refusals = [400, 409, 413, 422],
        },
        new("GET", "/api/v1/sales/{id}", "getSale", AppIds.Inventory, Access.Anyone, "One sale: what is left of it, and the server's time for a countdown")
        {
            Response = typeof(SaleView),
            Refusals = [404],
        },
        new("POST", "/api/v1/sales/{id}/orders", "placeSaleOrder", AppIds.Order, Access.SignedIn, "Place an order in a sale, at its price and under its limit; 202 as for placing an order")
        {
            Request = typeof(PlaceSaleOrder),
            RequestExample = """{"quantity": 1, "payment": {"source": "tok_ok"}}""",
            Response = typeof(OrderView),
            Success = StatusCodes.Status202Accepted,
            Idempotent = true,
            RefusesSoldOut = true,
            Refusals = [400, 404, 409, 413, 422, 429],
        },

        new("GET", "/api/v1/cart", "getCart", AppIds.Order, Access.SignedIn, "What is in your cart")
        {
            Response = typeof(CartView),
        },
        new("PUT", "/api/v1/cart/items/{sku}", "putCartItem", AppIds.Order, Access.SignedIn, "Have so many units of a product in your cart")
        {
            Request = typeof(PutCartItem),
            RequestExample = """{"quantity": 2}""",
            Response = typeof(CartView),
            Refusals = [400, 409, 413],
        },
        new("DELETE", "/api/v1/cart/items/{sku}", "removeCartItem", AppIds.Order, Access.SignedIn, "Take a product out of your cart")
        {
            Response = typeof(CartView),
            Refusals = [400],
        },
        new("POST", "/api/v1/cart/checkout", "checkoutCart", AppIds.Order, Access.SignedIn, "Make an order of your cart; 202 as for placing an order")
        {
            Request = typeof(CheckoutCart),
            RequestExample = """{"payment": {"source": "tok_ok"}}""",
            Response = typeof(OrderView),
            Success = StatusCodes.Status202Accepted,
            Idempotent = true,
            Refusals = [400, 409, 413, 422],
        },

        new("GET", "/api/v1/payments/{orderId}", "getPayment", AppIds.Payment, Access.SignedIn, "The payment of one of your orders")
        {
            Response = typeof(PaymentView),
            Refusals = [404],
        },
        new("POST", "/webhooks/provider", "receiveProviderWebhook", AppIds.Payment, Access.Anyone, "Where the payment provider reports; signed in Provider-Signature")
        {
            Request = typeof(ProviderWebhook),
            Success = StatusCodes.Status204NoContent,
            Refusals = [400, 413],
        },

        new("GET", "/api/v1/notifications", "listNotifications", AppIds.Notification, Access.SignedIn, "Your inbox, newest first")
        {
            Response = typeof(Page<NotificationView>),
            Paged = true,
            Refusals = [400],
        },
        new("GET", "/api/v1/notifications/stream", "streamNotifications", AppIds.Notification, Access.SignedIn, "New notifications as server-sent events")
        {
            Streams = true,
        },

        new("GET", "/api/v1/points", "getPoints", AppIds.Loyalty, Access.SignedIn, "Your points and what they came from, newest first; 404 in a shop without the loyalty service")
        {
            Response = typeof(PointsView),
            Paged = true,
            EnabledBy = "Loyalty:Enabled",
            Refusals = [400, 404],
        },

        new("GET", "/api/v1/ops/invariants", "getInvariants", AppIds.Order, Access.Operator, "Do stock, orders and money balance?")
        {
            Response = typeof(InvariantsReport),
        },
        new("GET", "/api/v1/ops/outbox", "getOutbox", AppIds.Order, Access.Operator, "Accepted orders that wait for their sagas: how many, and for how long")
        {
            Response = typeof(OutboxView),
        },
        new("GET", "/api/v1/ops/reconciliations", "listReconciliations", AppIds.Order, Access.Operator, "What the audit found, the newest run first")
        {
            Response = typeof(Page<Reconciliation>),
            Paged = true,
            Refusals = [400],
        },
        new("POST", "/api/v1/ops/reconciliations", "runReconciliation", AppIds.Order, Access.Operator, "Run the audit now; answers with the run that has begun, or that runs already")
        {
            Response = typeof(Reconciliation),
            Success = StatusCodes.Status202Accepted,
            Refusals = [409],
        },
        new("GET", "/api/v1/ops/dead-letters", "listDeadLetters", AppIds.Order, Access.Operator, "Messages that their consumers did not take, the newest first")
        {
            Response = typeof(Page<DeadLetterView>),
            Paged = true,
            Query = new Dictionary<string, string>
            {
                ["subscription"] = "Only those of this subscription, such as orders-to-notification.",
                ["status"] = "Only those that are Open, Replayed or Discarded.",
            },
            Refusals = [400],
        },
        new("POST", "/api/v1/ops/dead-letters/replay", "replayDeadLetters", AppIds.Order, Access.Operator, "Send a subscription's open dead letters again, at most fifty at once")
        {
            Request = typeof(ReplayDeadLetters),
            RequestExample = """{"subscription": "orders-to-notification"}""",
            Response = typeof(ReplayedDeadLetters),
            Refusals = [400, 413],
        },
        new("GET", "/api/v1/ops/dead-letters/{id}", "getDeadLetter", AppIds.Order, Access.Operator, "A dead letter with the message itself")
        {
            Response = typeof(DeadLetterDetail),
            Refusals = [404],
        },
        new("POST", "/api/v1/ops/dead-letters/{id}/replay", "replayDeadLetter", AppIds.Order, Access.Operator, "Send a dead letter to its consumer again, as it came or corrected; it takes effect once")
        {
            Request = typeof(ReplayDeadLetter),
            RequestIsOptional = true,
            Response = typeof(DeadLetterView),
            Refusals = [400, 404, 409, 413],
        },
        new("DELETE", "/api/v1/ops/dead-letters/{id}", "discardDeadLetter", AppIds.Order, Access.Operator, "Give a dead letter up; it stays in the list as Discarded")
        {
            Response = typeof(DeadLetterView),
            Refusals = [404, 409],
        },
        new("GET", "/api/v1/ops/workflows/{orderId}", "getWorkflow", AppIds.Order, Access.Operator, "The workflow behind an order")
        {
            Response = typeof(WorkflowView),
            Refusals = [404],
        },
        new("GET", "/api/v1/ops/settings", "getSettings", AppIds.Order, Access.Operator, "The limits and switches that may be changed while the shop runs")
        {
            Response = typeof(ShopSettings),
            Cacheable = true,
        },
        new("PUT", "/api/v1/ops/settings", "putSettings", AppIds.Order, Access.Operator, "Replace the settings as a whole; gateways follow in a second or two")
        {
            Request = typeof(PutSettings),
            RequestExample = """{"edge": {"requestsPerSecond": 100, "burst": 400, "concurrentRequests": 2000}}""",
            Response = typeof(ShopSettings),
            Conditional = true,
            Refusals = [400, 412, 413],
        },
    ];

    /// <summary>The apps behind the gateway in a shop with these settings.</summary>
    public static IReadOnlyList<string> Apps(IConfiguration settings) =>
        [.. All.Where(route => IsEnabled(route, settings)).Select(route => route.AppId).Where(app => app != AppIds.Gateway).Distinct()];

    public static bool IsEnabled(PublicRoute route, IConfiguration settings) =>
        route.EnabledBy is null || settings.GetValue(route.EnabledBy, defaultValue: false);

    public static PublicRoute Named(string name) => All.Single(route => route.Name == name);
}
