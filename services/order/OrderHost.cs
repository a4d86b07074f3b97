using Dapr.Workflow;
using DaprShop.Contracts;
using DaprShop.Order.Cancelling;
using DaprShop.Order.Carts;
using DaprShop.Order.Clients;
using DaprShop.Order.DeadLetters;
using DaprShop.Order.Log;
using DaprShop.Order.Operations;
using DaprShop.Order.Orders;
using DaprShop.Order.Placing;
using DaprShop.Order.Reading;
using DaprShop.Order.Reconciling;
using DaprShop.Order.Refunding;
using DaprShop.Order.Saga;
using DaprShop.Order.Settings;
using DaprShop.Order.Shipping;
using DaprShop.Order.Streaming;
using DaprShop.ServiceDefaults;
using DaprShop.ServiceDefaults.Messaging;
using DaprShop.ServiceDefaults.Resilience;
using DaprShop.ServiceDefaults.State;
using DaprShop.ServiceDefaults.Telemetry;

namespace DaprShop.Order;

/// <summary>The service as a host, in parts that a simulation can use too.</summary>
internal static class OrderHost
{
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.AddServiceDefaults();
        AddServices(builder.Services, builder.Configuration);
        var app = builder.Build();
        MapRoutes(app);
        return app;
    }

    /// <summary>What this service is made of, beside what every service has.</summary>
    public static void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<IntakeOptions>().BindConfiguration("Intake").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<PaymentWindow>().BindConfiguration("Payment").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(new ReplicaName(
            configuration["POD_NAME"] ?? $"{Environment.MachineName}:{configuration["APP_PORT"]}"));
        services.AddSingleton(provider => new InventoryClient(provider.AppClient(AppIds.Inventory)));
        services.AddSingleton(provider => new PaymentClient(provider.AppClient(AppIds.Payment)));
        services.AddSingleton(provider => new CatalogClient(provider.AppClient(AppIds.Catalog)));
        services.AddOptions<PriceOptions>().BindConfiguration("Prices").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<PriceBook>();
        services.AddSingleton<OrderTails>();
        services.AddObservedMetrics<IntakeMetrics>();
        services.AddSingleton<SagaMetrics>();
        services.AddSingleton<RefusedOrders>();
        services.AddSingleton<OrderLogReader>();
        services.AddSingleton<OrderRecords>();
        services.AddSingleton<OrderStore>();
        services.AddSingleton<OrderReservation>();
        services.AddSingleton<BulkReads>();
        services.AddSingleton<OrderBatches>();
        services.AddSingleton<OrderAcceptance>();
        services.AddSingleton<SaleOffers>();
        services.AddSingleton<OrderPlacing>();
        services.AddSingleton<OrderAdvance>();
        services.AddSingleton<OutcomePublisher>();
        services.AddSingleton<IntakePace>();
        services.AddSingleton<OrderIntake>();
        services.AddSingleton<SagaWaker>();
        services.AddSingleton<AttendedPayments>();
        services.AddSingleton<OpenRefunds>();
        services.AddSingleton<IRefundStarter, RefundStarter>();
        services.AddSingleton<SweepRefunds>();
        services.AddSingleton<UserOrders>();
        services.AddSingleton<AuditReader>();
        services.AddSingleton<InvariantGauges>();
        services.AddOptions<ReconciliationOptions>().BindConfiguration("Reconciliation").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<FactsReader>();
        services.AddSingleton<DriftRepairs>();
        services.AddSingleton<ReconciliationMetrics>();
        services.AddSingleton<ReconciliationHistory>();
        services.AddSingleton<Reconciler>();
        services.AddSingleton<OrderLog>();
        services.AddSingleton<SettingsStore>();
        services.AddHostedService(provider => provider.GetRequiredService<OrderLog>());
        services.AddSingleton<IDaprWorkflowClient>(provider => provider.GetRequiredService<DaprWorkflowClient>());
        services.AddDaprWorkflow(options => options.RegisterOrderSaga());
        services.AddCarts();
        services.AddOrderStreams();
        services.AddDeadLetters();
    }

    public static void MapRoutes(IEndpointRouteBuilder routes)
    {
        routes.MapDefaultEndpoints();
        routes.MapPlaceOrder();
        routes.MapPlaceSaleOrder();
        routes.MapPlaceOrders();
        routes.MapGetOrder();
        routes.MapOrderStream();
        routes.MapListOrders();
        routes.MapCancelOrder();
        routes.MapRefundOrder();
        SweepRefunds.Map(routes);
        routes.MapCarts();
        routes.MapEnsureOrder();
        routes.MapPaymentEvents();
        routes.MapLateRefunds();
        routes.MapShipmentEvents();
        routes.MapGetShipment();
        routes.MapInvariants();
        routes.MapOutbox();
        routes.MapReconciliations();
        routes.MapWorkflow();
        routes.MapSettings();
        routes.MapFailureNotes();
        routes.MapDeadLetterDelivery();
        routes.MapDeadLetters();
    }
}
