using System.Diagnostics.Metrics;
using Dapr.Client;
using Dapr.Workflow;
using Dapr.Workflow.Abstractions;
using DaprShop.Contracts;
using DaprShop.Inventory;
using DaprShop.Inventory.Reservations;
using DaprShop.Notification;
using DaprShop.Order;
using DaprShop.Order.Clients;
using DaprShop.Order.Log;
using DaprShop.Order.Saga;
using DaprShop.Payment;
using DaprShop.Payment.Payments;
using DaprShop.Payment.Provider;
using DaprShop.ServiceDefaults.Events;
using DaprShop.ServiceDefaults.Ids;
using DaprShop.ServiceDefaults.Json;
using DaprShop.ServiceDefaults.Messaging;
using DaprShop.ServiceDefaults.Resilience;
using DaprShop.ServiceDefaults.State;
using DaprShop.Tests.Simulation.Platform;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DaprShop.Tests.Simulation.Shop;

/// <summary>A service of the shop: its own registrations and routes, and in place of the sidecar and the network what the run brings.</summary>
internal sealed class App
{
    private static readonly TimeSpan ProviderLimit = TimeSpan.FromSeconds(8);

    private static readonly IConfiguration Configuration = new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?> { ["POD_NAME"] = "template" })
        .Build();

    // Shared by all runs: what a serializer has learnt about types is dear.
    private static readonly IOptions<JsonOptions> Json = Options.Create(RequestJson());

    private static readonly Dictionary<string, App> Apps = new[]
    {
        new App(AppIds.Order, OrderHost.AddServices, OrderHost.MapRoutes),
        new App(AppIds.Inventory, InventoryHost.AddServices, InventoryHost.MapRoutes),
        new App(AppIds.Payment, PaymentHost.AddServices, PaymentHost.MapRoutes),
        new App(AppIds.Notification, (services, _) => NotificationHost.AddServices(services), NotificationHost.MapRoutes),
    }.ToDictionary(app => app.Name, StringComparer.Ordinal);

    private readonly Action<IServiceCollection, IConfiguration> _addServices;
    private readonly Lazy<Routes> _routes;
    private readonly Dictionary<string, Type> _workflowTypes;

    private App(string name, Action<IServiceCollection, IConfiguration> addServices, Action<IEndpointRouteBuilder> mapRoutes)
    {
        (Name, _addServices) = (name, addServices);
        _routes = new Lazy<Routes>(() => new Routes(Template().BuildServiceProvider(), mapRoutes));
        var host = mapRoutes.Method.DeclaringType!.Assembly;
        _workflowTypes = host.GetTypes()
            .Where(type => !type.IsAbstract && (type.IsAssignableTo(typeof(IWorkflow)) || type.IsAssignableTo(typeof(IWorkflowActivity))))
            .ToDictionary(type => type.Name, StringComparer.Ordinal);
    }

    public string Name { get; }

    public Routes Routes => _routes.Value;

    public static App Of(string name) => Apps[name];

    public Type WorkflowType(string name) => _workflowTypes[name];

    public ServiceProvider Build(Replica replica, Setting setting)
    {
        var services = Base();
        var clock = replica.Process.Clock;
        services.AddSingleton<TimeProvider>(clock);
        services.AddSingleton<IdSource>(setting.Ids);
        services.AddSingleton<IMeterFactory>(setting.Meters);
        services.AddSingleton<DaprClient>(setting.Dapr);
        services.AddSingleton<IDaprWorkflowClient>(new SimulatedWorkflowClient(Name, setting.Calls, setting.Workflows));
        services.AddSingleton(provider => new BulkReads(
            setting.Sidecar.Client(clock, Timeout.InfiniteTimeSpan), provider.GetRequiredService<StoreCalls>()));
        services.AddSingleton(new BulkPublishClient(setting.Sidecar.Client(clock, BulkPublishClient.CallLimit)));
        switch (Name)
        {
            case AppIds.Order:
                services.AddSingleton(new ReplicaName(replica.Name));
                services.AddSingleton(provider => new InventoryClient(Invoke(AppIds.Inventory)(provider)));
                services.AddSingleton(provider => new PaymentClient(Invoke(AppIds.Payment)(provider)));
                services.AddSingleton(provider => new CatalogClient(Invoke(AppIds.Catalog)(provider)));
                services.AddSingleton(Options.Create(new PaymentWindow { Window = setting.PaymentWindow }));
                break;
            case AppIds.Inventory:
                services.AddSingleton(provider => new OrderBackstop(Invoke(AppIds.Order)(provider)));
                break;
            case AppIds.Payment:
                services.RemoveAll<ProviderClient>();
                services.AddSingleton(provider => new ProviderClient(
                    new NetworkHandler((request, token) => setting.Network.SendAsync("provider", Dependency.Provider, request, token), clock, ProviderLimit).Client("provider"),
                    provider.GetRequiredService<ILogger<ProviderClient>>()));
                services.RemoveAll<PaymentProcess>();
                services.AddSingleton<PaymentProcess>();
                break;
        }

        if (setting.World.Trace.KeepsWords)
        {
            services.AddSingleton<ILoggerFactory>(new TraceLogs(setting.World, replica));
        }

        return services.BuildServiceProvider();

        Func<IServiceProvider, HttpClient> Invoke(string app) => provider => new HttpClient(
            new AppCallHandler(provider.GetRequiredService<CircuitBreakers>().Of(app), clock)
            {
                InnerHandler = new NetworkHandler(
                    (request, token) => setting.Network.SendAsync(app, Dependency.Invocation, request, token), clock, AppCallHandler.Patience),
            },
            disposeHandler: false)
        { BaseAddress = new Uri($"http://{app}"), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Says which parameters of an endpoint are services; nothing is ever taken from it.</summary>
    private ServiceCollection Template()
    {
        var services = Base();
        services.AddHealthChecks();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<IdSource>();
        services.AddSingleton<DaprClient>(_ => throw new NotSupportedException());
        services.AddSingleton<IHostApplicationLifetime>(_ => throw new NotSupportedException());
        return services;
    }

    /// <summary>What AddServiceDefaults gives, as far as it is not the outside world; then what the service itself adds.</summary>
    private ServiceCollection Base()
    {
        var services = new ServiceCollection();
        services.AddSingleton(Configuration);
        services.AddLogging();
        services.AddRouting();
        services.AddProblemDetails();
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.AddSingleton<CircuitBreakers>();
        services.AddSingleton<StoreCalls>();
        services.AddSingleton<DocumentStore>();
        services.AddSingleton<ContentionLock>();
        services.AddSingleton<EventPublisher>();
        services.AddMessaging();
        _addServices(services, Configuration);
        services.AddSingleton(Json);
        return services;
    }

    private static JsonOptions RequestJson()
    {
        var options = new JsonOptions();
        ShopJson.ApplyRequests(options.SerializerOptions);
        options.SerializerOptions.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
