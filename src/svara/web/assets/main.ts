// Everything that runs in the browser. Pages work from the server's HTML; this adds what is alive.
import "./styles/main.css";
import "./htmx";
import { stayAwake } from "./awake";
import { startCharts } from "./charts";
import { startClock } from "./clock";
import { startInstalled } from "./installed";
import { startKeys } from "./keys";
import { startLive } from "./live";
import { startPages } from "./pages";
import { startPalette } from "./palette";
import { startParts } from "./parts";
import { startPhone } from "./phone/start";
import { startPlayers } from "./players";
import { startRecorders } from "./recorders";

startPages();
startParts();
startPlayers();
startRecorders();
startKeys();
startPalette();
startCharts();
startClock();
startLive();
startInstalled();
stayAwake();
startPhone();
