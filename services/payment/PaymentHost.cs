using Dapr.Workflow;
using DaprShop.Payment.Payments;
using DaprShop.Payment.Provider;
using DaprShop.Payment.Settlement;
using DaprShop.Payment.Webhooks;
using DaprShop.ServiceDefaults;
using DaprShop.ServiceDefaults.Http;
using Microsoft.Extensions.Options;

namespace DaprShop.Payment;

/// <summary>The service as a host, in parts that a simulation can use too.</summary>
internal static class PaymentHost
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
        services.AddOptions<ProviderOptions>().BindConfiguration("Provider").ValidateDataAnnotations().ValidateOnStart();
        services.AddHttpClient<ProviderClient>((provider, http) =>
        {
            var options = provider.GetRequiredService<IOptions<ProviderOptions>>().Value;
            (http.BaseAddress, http.Timeout) = (options.BaseUrl, options.Timeout);

            // On Kubernetes the address is that of an HTTPEndpoint at the sidecar.
            SidecarHttp.Authorize(http, configuration);
        });
        services.AddSingleton<PaymentMetrics>();
        services.AddTransient<PaymentProcess>();
        services.AddSingleton<SettlementWatch>();
        services.AddSingleton<WebhookSecrets>();
        services.AddSingleton<IDaprWorkflowClient>(provider => provider.GetRequiredService<DaprWorkflowClient>());
        services.AddDaprWorkflow(options =>
        {
            options.RegisterWorkflow<SettlementWorkflow>();
            options.RegisterActivity<SettlePayment>();
        });
    }

    public static void MapRoutes(IEndpointRouteBuilder routes)
    {
        routes.MapDefaultEndpoints();
        routes.MapPaymentCommands();
        routes.MapGetPayment();
        routes.MapProviderWebhook();
    }
}
