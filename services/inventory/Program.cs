using Dapr.Client;
using DaprShop.Contracts;
using DaprShop.Inventory.Reservations;
using DaprShop.Inventory.Stock;
using DaprShop.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.Services.AddOptions<SweepOptions>().BindConfiguration("Sweep").ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddSingleton<StockBuckets>();
builder.Services.AddSingleton<SweepReservations>();
builder.Services.AddSingleton(_ => new OrderBackstop(DaprClient.CreateInvokeHttpClient(AppIds.Order)));
builder.Services.AddHostedService<StockSeed>();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapStock();
app.MapReserveMany();
app.MapChangeReservation();
app.MapStockAudit();
app.MapSoldOut();
app.MapSweep();
await app.RunAsync();
