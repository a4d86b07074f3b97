using DaprShop.Contracts;
using DaprShop.Inventory.Reservations;
using DaprShop.Inventory.Sales;
using DaprShop.Inventory.Stock;
using DaprShop.ServiceDefaults;
using DaprShop.ServiceDefaults.Json;
using DaprShop.ServiceDefaults.Resilience;

namespace DaprShop.Inventory;

/// <summary>The service as a host, in parts that a simulation can use too.</summary>
internal static class InventoryHost
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
        services.AddOptions<SweepOptions>().BindConfiguration("Sweep").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<StockPools>();
        services.AddSingleton<StockViews>();
        services.AddSingleton<StockMetrics>();
        services.AddActors(options =>
        {
            options.UseJsonSerialization = true;
            options.JsonSerializerOptions = ShopJson.Documents;
            options.Actors.RegisterActor<StockActor>();
        });
        services.AddSingleton<SweepReservations>();
        services.AddSingleton<SaleUnits>();
        services.AddSingleton<SaleViews>();
        services.AddSingleton<SweepSales>();
        services.AddSingleton(provider => new OrderBackstop(provider.AppClient(AppIds.Order)));
        services.AddHostedService<StockSeed>();
    }

    public static void MapRoutes(IEndpointRouteBuilder routes)
    {
        routes.MapDefaultEndpoints();
        routes.MapStock();
        routes.MapReserveMany();
        routes.MapChangeReservation();
        routes.MapStockAudit();
        routes.MapCreateSale();
        routes.MapSales();
        routes.MapSoldOut();
        routes.MapSweep();
        routes.MapActorsHandlers();
    }
}
