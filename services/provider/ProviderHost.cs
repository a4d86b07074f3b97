using DaprShop.Provider.Charges;
using DaprShop.Provider.Faults;
using DaprShop.Provider.Ledger;
using DaprShop.Provider.Refunds;
using DaprShop.Provider.Webhooks;
using DaprShop.ServiceDefaults;

namespace DaprShop.Provider;

/// <summary>The sandbox as a host, so that tests run exactly what Program runs.</summary>
internal static class ProviderHost
{
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        // It stands for the outside world: no sidecar, no app token, no store of the shop.
        builder.AddServiceDefaults(options => (options.UseSidecar, options.UseStateStore, options.RequireAppToken) = (false, false, false));
        builder.Services.AddOptions<ProviderOptions>()
            .BindConfiguration("Provider")
            .Configure<IConfiguration>((options, configuration) =>
                options.DataDirectory = configuration["PROVIDER_DATA"] ?? options.DataDirectory)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        builder.Services.AddSingleton<Book>();
        builder.Services.AddSingleton<FaultRates>();
        builder.Services.AddHttpClient<WebhookSender>(client => client.Timeout = TimeSpan.FromSeconds(10));
        builder.Services.AddHostedService<Clockwork>();

        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapCharges();
        app.MapRefunds();
        app.MapLedger();
        app.MapFaults();
        return app;
    }
}
