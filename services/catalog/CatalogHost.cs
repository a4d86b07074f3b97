using DaprShop.Catalog.Products;
using DaprShop.Catalog.Publishing;
using DaprShop.Catalog.Seeding;
using DaprShop.ServiceDefaults;

namespace DaprShop.Catalog;

/// <summary>The service as a host, so that tests run exactly what Program runs.</summary>
internal static class CatalogHost
{
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.AddServiceDefaults();
        builder.Services.AddOptions<CatalogOptions>().BindConfiguration("Catalog").ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<ProductStore>();
        builder.Services.AddSingleton<ProductIndex>();
        builder.Services.AddSingleton<ProductOutbox>();
        builder.Services.AddSingleton<ProductRelay>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ProductRelay>());
        builder.Services.AddSingleton<SeedState>();
        builder.Services.AddHostedService<Seeder>();
        builder.Services.AddHealthChecks().AddCheck<SeedHealthCheck>("seed");

        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapListProducts();
        app.MapGetProduct();
        app.MapPutProduct();
        app.MapPrices();
        return app;
    }
}
